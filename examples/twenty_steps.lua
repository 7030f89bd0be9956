#!/usr/bin/env luajit
-- twenty_steps.lua - the steps of twenty_steps.c, in LuaJIT.
--
--     luajit examples/twenty_steps.lua build/release/liblodge.so
--
-- include/lodge.cdef.h is read as it is. No function of Lua's is ever called
-- from C: a frame is an array of 64-bit words, and a call that reaches the
-- host comes back with LODGE_REQUEST.

local ffi = require "ffi"

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

ffi.cdef(read "include/lodge.cdef.h")
local lodge = ffi.load(arg[1])

local SLOTS, ERROR_WORDS = 4, 32
local ERROR_AT = lodge.LODGE_FRAME_SLOTS + SLOTS
local WORDS = ERROR_AT + ERROR_WORDS
local SHOUT, NUMBER, DONE = 1, 2, 3 -- tokens of the three functions

local err = ffi.new "lodge_error"
lodge.lodge_error_init(err, ffi.sizeof(err))
local engine, store, guest
local steps, surprises = 0, 0

-- ---- printing --------------------------------------------------------------

local function name_of(status)
  local buf, len = ffi.new "char[80]", ffi.new "uint64_t[1]"
  lodge.lodge_status_name(status, buf, 80, len)
  return ffi.string(buf, len[0]):match "^[^:]*"
end

-- One line of the transcript.
local function step(what, status, expected, more)
  steps = steps + 1
  print(("%2d %-22s%-12s%s"):format(steps, what, name_of(status), more or ""))
  if status ~= expected then surprises = surprises + 1 end
end

local function must(status)
  if status ~= lodge.LODGE_OK then error(ffi.string(err.message), 2) end
end

local function expect(good)
  if not good then surprises = surprises + 1 end
end

local function number(what, n)
  return ("%s %d"):format(what, tonumber(n))
end

-- ---- calling ----------------------------------------------------------------

-- What a function makes: make("lodge_store", lodge.lodge_store_new, engine).
local function make(kind, fn, ...)
  local out = ffi.new(kind .. "[1]")
  local args = {...}
  args[#args + 1] = out
  args[#args + 1] = err
  must(fn(unpack(args)))
  return out[0]
end

local function bits(frame, word, first, count)
  return tonumber(bit.band(bit.rshift(frame[word], first),
                           bit.lshift(1ULL, count) - 1))
end

-- A frame that calls an export. All words but these stay 0.
local function frame_for(name, parent)
  local frame = ffi.new("uint64_t[?]", WORDS)
  frame[lodge.LODGE_FRAME_FUNC] =
    make("lodge_func", lodge.lodge_instance_func, guest, name, #name)
  frame[lodge.LODGE_FRAME_PARENT] = parent or 0
  frame[lodge.LODGE_FRAME_CAPACITY] = SLOTS
  frame[lodge.LODGE_FRAME_ERROR] = ERROR_AT + ERROR_WORDS * 2ULL ^ 32
  return frame
end

-- What the request in a frame asks for.
local function asked(frame)
  return ("function %d, %d parameters, %d results"):format(
    bits(frame, lodge.LODGE_FRAME_IMPORT, 0, 32),
    bits(frame, lodge.LODGE_FRAME_IMPORT, 32, 16),
    bits(frame, lodge.LODGE_FRAME_IMPORT, 48, 16))
end

local function slot(frame, index)
  return lodge.LODGE_FRAME_SLOTS + index
end

local function message(frame)
  local record = ffi.cast("lodge_error *", frame + ERROR_AT)
  return ffi.string(record.message)
end

local function answer(frame, status)
  frame[lodge.LODGE_FRAME_STATUS] = ffi.cast("uint64_t", ffi.cast("int64_t", status))
  return lodge.lodge_resume(frame)
end

-- ---- the steps ---------------------------------------------------------------

local function add_function(host, name, sig, token)
  local index = make("uint32_t", lodge.lodge_host_func, host, sig, #sig,
                     lodge.LODGE_HOST_SUSPEND, token)
  must(lodge.lodge_host_export(host, index, name, #name, err))
end

local function set_up(wat)
  local text = "max-wasm-stack=256K"
  local config =
    make("lodge_config", lodge.lodge_config_new, lodge.LODGE_PRESET_DEFAULT)
  step("config", lodge.lodge_config_parse(config, text, #text, err),
       lodge.LODGE_OK)
  engine = make("lodge_engine", lodge.lodge_engine_new, config)
  step("engine", lodge.LODGE_OK, lodge.LODGE_OK)
  local module =
    make("lodge_module", lodge.lodge_module_open, engine, wat, #wat)
  step("module from text", lodge.LODGE_OK, lodge.LODGE_OK)

  local host = make("lodge_host", lodge.lodge_host_new, engine, "app", 3)
  add_function(host, "shout", "i32 i32 -> i32", SHOUT)
  add_function(host, "number", "-> i32", NUMBER)
  add_function(host, "done", "i32 ->", DONE)
  local linker = make("lodge_linker", lodge.lodge_linker_new, engine)
  step("three functions", lodge.lodge_linker_add_host(linker, host, err),
       lodge.LODGE_OK)
  local prepared =
    make("lodge_prepared", lodge.lodge_linker_prepare, linker, module)
  step("prepare", lodge.LODGE_OK, lodge.LODGE_OK)
  store = make("lodge_store", lodge.lodge_store_new, engine)
  guest = make("lodge_instance", lodge.lodge_prepared_instance, prepared, store)
  step("instance", lodge.LODGE_OK, lodge.LODGE_OK)
  lodge.lodge_host_close(host)
  lodge.lodge_linker_close(linker)
  lodge.lodge_prepared_close(prepared)
  lodge.lodge_module_close(module)
end

local function one_request()
  local frame = frame_for "greet"
  step("call", lodge.lodge_call(frame), lodge.LODGE_REQUEST, asked(frame))

  local len = tonumber(frame[slot(frame, 1)])
  local buf = ffi.new("uint8_t[?]", len)
  local memory =
    make("lodge_memory", lodge.lodge_instance_memory, guest, "memory", 6)
  local status =
    lodge.lodge_memory_read(memory, frame[slot(frame, 0)], buf, len, err)
  local text = ffi.string(buf, len)
  step("read the guest's text", status, lodge.LODGE_OK, text)
  text = text:upper()

  local nested = frame_for("malloc", frame[lodge.LODGE_FRAME_TOKEN])
  nested[slot(nested, 0)] = len + 1
  status = lodge.lodge_call(nested)
  local at = nested[slot(nested, 0)]
  step("nested malloc", status, lodge.LODGE_OK, number("address", at))
  local bytes = ffi.new("uint8_t[?]", len + 1)
  ffi.copy(bytes, text)
  step("write the answer",
       lodge.lodge_memory_write(memory, at, bytes, len + 1, err),
       lodge.LODGE_OK, text)

  frame[slot(frame, 0)] = at
  status = answer(frame, lodge.LODGE_OK)
  step("answer", status, lodge.LODGE_OK, number("sum", frame[slot(frame, 0)]))
end

local function other_ends()
  local frame = frame_for "twice"
  expect(lodge.lodge_call(frame) == lodge.LODGE_REQUEST)
  frame[lodge.LODGE_FRAME_PAYLOAD] = 4711
  local status = answer(frame, lodge.LODGE_E_HOST)
  step("fail", status, lodge.LODGE_E_HOST,
       number("payload", frame[lodge.LODGE_FRAME_PAYLOAD]))

  frame = frame_for "finish"
  expect(lodge.lodge_call(frame) == lodge.LODGE_REQUEST)
  frame[lodge.LODGE_FRAME_DETAIL] = bit.lshift(frame[slot(frame, 0)], 32)
  status = answer(frame, lodge.LODGE_E_EXIT)
  step("exit", status, lodge.LODGE_E_EXIT,
       number("code", bits(frame, lodge.LODGE_FRAME_DETAIL, 32, 32)))

  frame = frame_for "twice"
  frame[lodge.LODGE_FRAME_CALLID] = 1
  expect(lodge.lodge_call(frame) == lodge.LODGE_REQUEST)
  must(lodge.lodge_store_cancel(store, 1))
  status = answer(frame, lodge.LODGE_OK)
  step("cancel", status, lodge.LODGE_E_CANCELLED, message(frame))

  frame = frame_for "spin"
  frame[lodge.LODGE_FRAME_DEADLINE] = 20 * 1000000
  status = lodge.lodge_call(frame)
  step("deadline", status, lodge.LODGE_E_DEADLINE, message(frame))
end

local function mistakes()
  local frame = frame_for "twice"
  expect(lodge.lodge_call(frame) == lodge.LODGE_REQUEST)
  local token = frame[lodge.LODGE_FRAME_TOKEN]
  frame[lodge.LODGE_FRAME_TOKEN] = token + 1
  frame[slot(frame, 0)] = 21
  local status = answer(frame, lodge.LODGE_OK)
  step("wrong token", status, lodge.LODGE_E_STATE,
       number("still", frame[slot(frame, 0)]))

  frame[lodge.LODGE_FRAME_TOKEN] = token
  expect(answer(frame, lodge.LODGE_OK) == lodge.LODGE_OK)
  expect(frame[slot(frame, 0)] == 42)
  frame[lodge.LODGE_FRAME_TOKEN] = token
  status = answer(frame, lodge.LODGE_OK)
  step("answer twice", status, lodge.LODGE_E_STATE,
       number("result", frame[slot(frame, 0)]))

  frame = frame_for "twice"
  expect(lodge.lodge_call(frame) == lodge.LODGE_REQUEST)
  lodge.lodge_store_close(store)
  step("close while it waits", answer(frame, lodge.LODGE_OK),
       lodge.LODGE_E_HANDLE)
end

local function stat(key)
  local value = ffi.new "uint64_t[1]"
  return lodge.lodge_stat(key, value), value[0]
end

local function tear_down()
  lodge.lodge_engine_close(engine)
  local kinds, tokens = ffi.new "uint32_t[8]", ffi.new "uint64_t[8]"
  local count = ffi.new "uint32_t[1]"
  local status = lodge.lodge_reap(0, kinds, tokens, 8, count)
  local seen, sum = {}, 0
  for i = 0, count[0] - 1 do
    seen[tonumber(tokens[i])] = true
    sum = sum * 10 + i + 1
  end
  expect(count[0] == 3 and seen[SHOUT] and seen[NUMBER] and seen[DONE])
  step("reap tokens", status, lodge.LODGE_OK, number("tokens", sum))
  local _, live = stat(lodge.LODGE_STAT_LIVE)
  local got, left = stat(lodge.LODGE_STAT_BYTES)
  expect(live + left == 0)
  step("nothing is left", got, lodge.LODGE_OK, number("alive", live + left))
end

set_up(read "examples/guests/twenty_steps.wat")
one_request()
other_ends()
mistakes()
tear_down()
os.exit(surprises == 0 and 0 or 1)
