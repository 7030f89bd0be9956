# tests.cmake - what ctest runs.
#
#   core      tests/core/test_*.c and stress_*.c, over src/core alone
#   room      tests/test_*.c, over liblodge
#   thread    stress_*.c and tests/thread_*.c: worth a run under TSan
#   example   every program of examples/
#   install   an installed copy, used from outside the tree
#
# Test builds (LODGE_TESTING) run all but the last; other builds run the last
# two.

set(sanitizer_env
  "ASAN_OPTIONS=detect_stack_use_after_return=0:allocator_may_return_null=1:detect_leaks=1"
  "UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1"
  "TSAN_OPTIONS=halt_on_error=1:suppressions=${PROJECT_SOURCE_DIR}/tests/tsan.supp")

# Adds a test that runs in the source folder, where its data is.
function(lodge_add_test name labels timeout)
  add_test(NAME ${name} COMMAND ${ARGN}
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES
    LABELS "${labels}" TIMEOUT ${timeout} ENVIRONMENT "${sanitizer_env}")
endfunction()

# Builds one program for each source and has ctest run it.
function(lodge_test_programs folder pattern labels timeout)
  file(GLOB sources CONFIGURE_DEPENDS ${folder}/${pattern}.c)
  file(GLOB support CONFIGURE_DEPENDS ${folder}/support*.c)
  foreach(source ${sources})
    cmake_path(GET source STEM name)
    add_executable(${name} ${source} ${support})
    target_link_libraries(${name} PRIVATE lodge_flags PkgConfig::cmocka
      Threads::Threads ${ARGN})
    target_include_directories(${name} PRIVATE tests ${folder})
    target_compile_definitions(${name} PRIVATE
      LODGE_GUEST_DIR="${guest_dir}")
    set_target_properties(${name} PROPERTIES
      RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/${folder})
    lodge_add_test(${name} "${labels}" ${timeout} ${name})
  endforeach()
endfunction()

foreach(name ${examples})
  lodge_add_test(example_${name} example 120 example_${name})
endforeach()

if(LODGE_TESTING)
  pkg_check_modules(cmocka REQUIRED IMPORTED_TARGET cmocka)
  lodge_test_programs(tests/core "test_*" core 120 lodge_core)
  lodge_test_programs(tests/core "stress_*" "core;thread" 240 lodge_core)
  lodge_test_programs(tests "test_*" room 240 liblodge)
  lodge_test_programs(tests "thread_*" "room;thread" 240 liblodge)
  return()
endif()

lodge_add_test(install install 120
  ${PROJECT_SOURCE_DIR}/cmake/test-install.sh
  ${CMAKE_COMMAND} ${PROJECT_BINARY_DIR} ${CMAKE_C_COMPILER})
