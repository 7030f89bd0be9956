;; visitor.wat - a guest that uses what WASI gives it.
;;
;; _start copies stdin to stdout, then the file that its argument names, then
;; makes the file new.txt; the exit code is the errno of what failed first.
(module $visitor
  (import "wasi_snapshot_preview1" "args_get"
    (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read"
    (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32)
                     (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get"
    (func $clock_time_get (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff"
    (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))

  ;; 0: address and length of a buffer, 8: a result, 16: new.txt,
  ;; 32: addresses of arguments, 256: arguments, 512: a subscription,
  ;; 576: an event, 1024: what is copied
  (memory (export "memory") 1)
  (data (i32.const 16) "new.txt")

  (func $check (param $errno i32)
    (if (local.get $errno)
      (then (call $proc_exit (local.get $errno)))))

  (func $copy (param $fd i32)
    (loop $more
      (i32.store (i32.const 0) (i32.const 1024))
      (i32.store (i32.const 4) (i32.const 4096))
      (call $check
        (call $fd_read (local.get $fd) (i32.const 0) (i32.const 1)
          (i32.const 8)))
      (i32.store (i32.const 4) (i32.load (i32.const 8)))
      (call $check
        (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1)
          (i32.const 8)))
      (br_if $more (i32.load (i32.const 4)))))

  ;; Opens a file in the first directory that was given, descriptor 3.
  (func $open (param $path i32) (param $len i32) (param $flags i32)
              (param $rights i64) (result i32)
    (call $check
      (call $path_open (i32.const 3) (i32.const 0) (local.get $path)
        (local.get $len) (local.get $flags) (local.get $rights)
        (i64.const 0) (i32.const 0) (i32.const 8)))
    (i32.load (i32.const 8)))

  (func $length (param $text i32) (result i32)
    (local $i i32)
    (loop $next
      (if (i32.load8_u (i32.add (local.get $text) (local.get $i)))
        (then
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br $next))))
    (local.get $i))

  (func (export "_start")
    (local $name i32)
    (call $copy (i32.const 0))
    (call $check (call $args_get (i32.const 32) (i32.const 256)))
    (local.set $name (i32.load (i32.const 36)))
    (call $copy
      (call $open (local.get $name) (call $length (local.get $name))
        (i32.const 0) (i64.const 2)))              ;; to read
    (drop
      (call $open (i32.const 16) (i32.const 7)
        (i32.const 1) (i64.const 64))))            ;; create, to write

  ;; The wall clock, in nanoseconds since 1970.
  (func (export "now") (result i64)
    (call $check
      (call $clock_time_get (i32.const 0) (i64.const 1) (i32.const 8)))
    (i64.load (i32.const 8)))

  ;; Waits for so many nanoseconds on the monotonic clock.
  (func (export "sleep") (param $ns i64)
    (i32.store (i32.const 528) (i32.const 1))
    (i64.store (i32.const 536) (local.get $ns))
    (call $check
      (call $poll_oneoff (i32.const 512) (i32.const 576) (i32.const 1)
        (i32.const 8)))))
