;; wordcount.wat - the same guest as wordcount.c, written by hand, for
;; machines without a compiler for WebAssembly.
(module $wordcount
  (import "wasi_snapshot_preview1" "fd_read"
    (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (import "host" "tell" (func $tell (param i32 i32 i64)))

  ;; 0: address and length of a buffer, 8: bytes read or written,
  ;; 16: names, 64: the line, 65536: the block that was read
  (memory (export "memory") 2)
  (data (i32.const 16) "lineswordsbytes")

  (global $lines (mut i64) (i64.const 0))
  (global $words (mut i64) (i64.const 0))
  (global $bytes (mut i64) (i64.const 0))
  (global $inside (mut i32) (i32.const 0)) ;; a word
  (global $end (mut i32) (i32.const 64))   ;; of the line

  (func $is_space (param $c i32) (result i32)
    (i32.or
      (i32.eq (local.get $c) (i32.const 32))
      (i32.lt_u (i32.sub (local.get $c) (i32.const 9)) (i32.const 5))))

  (func $count (param $c i32)
    (local $space i32)
    (local.set $space (call $is_space (local.get $c)))
    (global.set $bytes (i64.add (global.get $bytes) (i64.const 1)))
    (if (i32.eq (local.get $c) (i32.const 10))
      (then
        (global.set $lines (i64.add (global.get $lines) (i64.const 1)))))
    (if (i32.eqz (i32.or (local.get $space) (global.get $inside)))
      (then
        (global.set $words (i64.add (global.get $words) (i64.const 1)))))
    (global.set $inside (i32.eqz (local.get $space))))

  ;; Reads the next block; its length, 0 at the end.
  (func $read (result i32)
    (i32.store (i32.const 0) (i32.const 65536))
    (i32.store (i32.const 4) (i32.const 65536))
    (if (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1)
          (i32.const 8))
      (then (call $proc_exit (i32.const 1))))
    (i32.load (i32.const 8)))

  (func $put (param $c i32)
    (i32.store8 (global.get $end) (local.get $c))
    (global.set $end (i32.add (global.get $end) (i32.const 1))))

  ;; Puts a number, its first digits first.
  (func $put_number (param $n i64)
    (if (i64.ge_u (local.get $n) (i64.const 10))
      (then
        (call $put_number (i64.div_u (local.get $n) (i64.const 10)))))
    (call $put
      (i32.add
        (i32.const 48)
        (i32.wrap_i64 (i64.rem_u (local.get $n) (i64.const 10))))))

  (func $write_line
    (call $put_number (global.get $lines))
    (call $put (i32.const 32))
    (call $put_number (global.get $words))
    (call $put (i32.const 32))
    (call $put_number (global.get $bytes))
    (call $put (i32.const 10))
    (i32.store (i32.const 0) (i32.const 64))
    (i32.store (i32.const 4) (i32.sub (global.get $end) (i32.const 64)))
    (if (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1)
          (i32.const 8))
      (then (call $proc_exit (i32.const 1)))))

  (func (export "_start")
    (local $i i32) (local $n i32)
    (loop $block
      (local.set $n (call $read))
      (local.set $i (i32.const 0))
      (loop $next
        (if (i32.lt_u (local.get $i) (local.get $n))
          (then
            (call $count
              (i32.load8_u offset=65536 (local.get $i)))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br $next))))
      (br_if $block (local.get $n)))
    (call $tell (i32.const 16) (i32.const 5) (global.get $lines))
    (call $tell (i32.const 21) (i32.const 5) (global.get $words))
    (call $tell (i32.const 26) (i32.const 5) (global.get $bytes))
    (call $write_line)))
