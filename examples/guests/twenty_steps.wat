;; twenty_steps.wat - a guest whose three imports wait for the host.
(module
  (import "app" "shout" (func $shout (param i32 i32) (result i32)))
  (import "app" "number" (func $number (result i32)))
  (import "app" "done" (func $done (param i32)))
  (memory (export "memory") 1)
  (global $heap (mut i32) (i32.const 1024))
  (data (i32.const 16) "hello from the guest")

  (func (export "malloc") (param $bytes i32) (result i32)
    (global.get $heap)
    (global.set $heap (i32.add (global.get $heap) (local.get $bytes))))

  ;; Hands its text to the host, and sums up the bytes of what comes back.
  (func (export "greet") (result i32)
    (local $at i32) (local $sum i32)
    (local.set $at (call $shout (i32.const 16) (i32.const 20)))
    (loop $next
      (local.set $sum
        (i32.add (local.get $sum) (i32.load8_u (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $next (i32.load8_u (local.get $at))))
    (local.get $sum))

  (func (export "twice") (result i32)
    (i32.mul (call $number) (i32.const 2)))
  (func (export "finish") (call $done (i32.const 7)))
  (func (export "spin") (loop $again (br $again))))
