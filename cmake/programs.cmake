# programs.cmake - what is built on the installed interface: the command, the
# examples and the benchmark. Only the benchmark sees raw Wasmtime as well.

find_package(PkgConfig REQUIRED)

file(GLOB cli_sources CONFIGURE_DEPENDS cli/*.c)
if(cli_sources)
  pkg_check_modules(jansson REQUIRED IMPORTED_TARGET jansson)
  add_executable(lodge_cli ${cli_sources})
  target_link_libraries(lodge_cli PRIVATE
    liblodge lodge_flags PkgConfig::jansson)
  set_target_properties(lodge_cli PROPERTIES OUTPUT_NAME lodge)
endif()

# Guests written in C. Everything has to work without a compiler for them, so
# whoever uses one asks whether its file is there.
find_program(LODGE_GUEST_CC NAMES clang DOC "Compiles C to wasm32-wasi")
set(guest_dir ${PROJECT_BINARY_DIR}/guests)
if(LODGE_GUEST_CC AND NOT DEFINED LODGE_GUEST_CC_WORKS)
  file(WRITE ${guest_dir}/probe.c
    "#include <stdio.h>\nint main(void) { return puts(\"\") < 0; }\n")
  execute_process(
    COMMAND ${LODGE_GUEST_CC} --target=wasm32-wasi -O2
      -o ${guest_dir}/probe.wasm ${guest_dir}/probe.c
    RESULT_VARIABLE status OUTPUT_QUIET ERROR_QUIET)
  if(status EQUAL 0)
    set(LODGE_GUEST_CC_WORKS ON CACHE INTERNAL "C guests can be built")
  endif()
endif()
file(GLOB guest_sources CONFIGURE_DEPENDS
  examples/guests/*.c tests/guests/*.c)
if(LODGE_GUEST_CC_WORKS)
  foreach(source ${guest_sources})
    cmake_path(GET source STEM name)
    add_custom_command(OUTPUT ${guest_dir}/${name}.wasm
      COMMAND ${LODGE_GUEST_CC} --target=wasm32-wasi -O2 -s
        -o ${guest_dir}/${name}.wasm ${source}
      DEPENDS ${source} COMMENT "Building guest ${name}.wasm" VERBATIM)
    list(APPEND guests ${guest_dir}/${name}.wasm)
  endforeach()
  add_custom_target(lodge_guests ALL DEPENDS ${guests})
elseif(guest_sources)
  message(STATUS "No compiler for wasm32-wasi: guests written in C are left out")
endif()

file(GLOB example_sources CONFIGURE_DEPENDS examples/*.c)
foreach(source ${example_sources})
  cmake_path(GET source STEM name)
  add_executable(example_${name} ${source})
  target_link_libraries(example_${name} PRIVATE liblodge lodge_flags)
  target_compile_definitions(example_${name} PRIVATE
    LODGE_GUEST_DIR="${guest_dir}")
  set_target_properties(example_${name} PROPERTIES OUTPUT_NAME ${name}
    RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/examples)
  list(APPEND examples ${name})
endforeach()

# The benchmark calls liblodge and, beside it, a copy of Wasmtime of its own.
file(GLOB bench_sources CONFIGURE_DEPENDS bench/*.c)
if(bench_sources AND NOT LODGE_TESTING)
  add_executable(lodge_bench ${bench_sources})
  target_link_libraries(lodge_bench PRIVATE liblodge lodge_wasmtime lodge_flags)
  target_link_options(lodge_bench PRIVATE LINKER:--gc-sections)
endif()
