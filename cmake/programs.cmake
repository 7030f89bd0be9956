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
if(LODGE_GUEST_CC AND NOT DEFINED LODGE_GUEST_CC_WORKS)
  set(probe ${PROJECT_BINARY_DIR}/CMakeFiles/guest)
  file(WRITE ${probe}.c
    "#include <stdio.h>\nint main(void) { return puts(\"\") < 0; }\n")
  execute_process(
    COMMAND ${LODGE_GUEST_CC} --target=wasm32-wasi -o ${probe}.wasm ${probe}.c
    RESULT_VARIABLE status OUTPUT_QUIET ERROR_QUIET)
  if(status EQUAL 0)
    set(LODGE_GUEST_CC_WORKS ON CACHE INTERNAL "C guests can be built")
  endif()
endif()

# Builds FOLDER/guests/*.c to the same place in the build.
function(lodge_guests folder)
  file(GLOB sources CONFIGURE_DEPENDS ${folder}/guests/*.c)
  if(NOT LODGE_GUEST_CC_WORKS)
    message(STATUS "No compiler for wasm32-wasi: no guests from C in ${folder}")
    return()
  endif()
  set(out ${PROJECT_BINARY_DIR}/${folder}/guests)
  file(MAKE_DIRECTORY ${out})
  foreach(source ${sources})
    cmake_path(GET source STEM name)
    add_custom_command(OUTPUT ${out}/${name}.wasm
      COMMAND ${LODGE_GUEST_CC} --target=wasm32-wasi -O2 -s
        -o ${out}/${name}.wasm ${source}
      DEPENDS ${source} VERBATIM
      COMMENT "Building guest ${folder}/guests/${name}.wasm")
    list(APPEND guests ${out}/${name}.wasm)
  endforeach()
  add_custom_target(guests_${folder} ALL DEPENDS ${guests})
endfunction()

lodge_guests(examples)
file(GLOB example_sources CONFIGURE_DEPENDS examples/*.c)
foreach(source ${example_sources})
  cmake_path(GET source STEM name)
  add_executable(example_${name} ${source})
  target_link_libraries(example_${name} PRIVATE liblodge lodge_flags m)
  target_compile_definitions(example_${name} PRIVATE
    LODGE_GUEST_DIR="${PROJECT_BINARY_DIR}/examples/guests")
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
  # Starts of real guests, which bench/start/run repeats.
  add_executable(lodge_bench_start bench/start/start.c)
  target_link_libraries(lodge_bench_start PRIVATE liblodge lodge_flags)
endif()

# The mistakes of docs/misuse.md, made with raw Wasmtime (`make misuse`).
file(GLOB misuse_sources CONFIGURE_DEPENDS misuse/*.c)
if(misuse_sources AND NOT LODGE_SANITIZE)
  add_executable(raw_misuse ${misuse_sources})
  target_link_libraries(raw_misuse PRIVATE lodge_wasmtime lodge_flags)
  target_link_options(raw_misuse PRIVATE LINKER:--gc-sections)
  if(LODGE_TESTING)
    set_target_properties(raw_misuse PROPERTIES EXCLUDE_FROM_ALL ON)
  endif()
endif()
