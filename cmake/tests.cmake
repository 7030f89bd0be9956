# tests.cmake - what ctest runs.
#
#   core      tests/core/test_*.c and stress_*.c, over src/core alone
#   room      tests/test_*.c, over liblodge
#   thread    stress_*.c and tests/thread_*.c: worth a run under TSan
#   soak      tests/soak_*.c, which take minutes: only by `make soak`
#   example   every program of examples/, and that the docs show them as they are
#   preset    all of room again, with engines of each preset (tests/presets)
#   spec      the specification's suite, in four modes (tests/spec)
#   cli       tests/cli/test_*.py, which run the command
#   install   an installed copy, used from outside the tree
#   guest     tests/guests/real and heavy, over guests from registries
#
# Test builds (LODGE_TESTING) run all but the install and the heavy guests;
# other builds run these, the examples and the command. Under TSan all run that
# other test builds run; a few tests within are smaller there or skipped, and
# say why (__SANITIZE_THREAD__, UNDER_TSAN).
#
# TSAN_OPTIONS: Wasmtime allocates in its handler of SIGSEGV, which is fine for
# a signal that only guest code raises (report_signal_unsafe). Children of a
# fork make threads (die_after_fork). The command is run a thousand times, and
# would wait a second at each end (atexit_sleep_ms). Memory that is not there
# is a status of ours (allocator_may_return_null).

# What tests see of the library is noted here (tests/seen/seen.h).
file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/seen)
set(test_env
  "LODGE_SEEN=${PROJECT_BINARY_DIR}/seen"
  "LODGE=$<TARGET_FILE:lodge_cli>"
  "ASAN_OPTIONS=detect_stack_use_after_return=0:allocator_may_return_null=1:detect_leaks=1"
  "UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1"
  "TSAN_OPTIONS=halt_on_error=1:allocator_may_return_null=1:suppressions=${PROJECT_SOURCE_DIR}/tests/tsan.supp:report_signal_unsafe=0:die_after_fork=0:atexit_sleep_ms=20")
if("thread" IN_LIST LODGE_SANITIZE)
  list(APPEND test_env LODGE_TEST_TSAN=1)
endif()

# Adds a test that runs in the source folder, where its data is.
function(lodge_add_test name labels timeout)
  add_test(NAME ${name} COMMAND ${ARGN}
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES
    LABELS "${labels}" TIMEOUT ${timeout} ENVIRONMENT "${test_env}")
endfunction()

# What stands between tests and the library, and notes which statuses are seen
# (tests/seen/seen.h).
function(lodge_add_seen)
  set(dir ${PROJECT_BINARY_DIR}/tests/seen)
  add_custom_command(OUTPUT ${dir}/seen_wraps.c ${dir}/seen_wraps.opt
    COMMAND ${LODGE_PYTHON} ${PROJECT_SOURCE_DIR}/tools/seen.py --wraps ${dir}
    DEPENDS ${PROJECT_SOURCE_DIR}/tools/seen.py
      ${PROJECT_SOURCE_DIR}/api/lodge.json VERBATIM)
  add_library(lodge_seen OBJECT tests/seen/seen.c ${dir}/seen_wraps.c)
  target_link_libraries(lodge_seen PRIVATE lodge_flags)
  target_include_directories(lodge_seen PRIVATE tests/seen)
  add_library(liblodge_seen INTERFACE)
  target_sources(liblodge_seen INTERFACE $<TARGET_OBJECTS:lodge_seen>)
  target_link_libraries(liblodge_seen INTERFACE liblodge)
  target_include_directories(liblodge_seen INTERFACE tests/seen)
  target_link_options(liblodge_seen INTERFACE
    LINKER:@${dir}/seen_wraps.opt)
endfunction()

# What can be done wrong with each parameter of each function, for
# test_all_misuse.
function(lodge_add_misuse)
  set(dir ${PROJECT_BINARY_DIR}/tests/misuse)
  set(tools ${PROJECT_SOURCE_DIR}/tools)
  add_custom_command(OUTPUT ${dir}/misuse_cases.c
    COMMAND ${LODGE_PYTHON} ${tools}/misuse_cases.py --cases ${dir}
    DEPENDS ${tools}/misuse_cases.py ${tools}/seen.py
      ${PROJECT_SOURCE_DIR}/api/lodge.json VERBATIM)
  target_sources(test_all_misuse PRIVATE ${dir}/misuse_cases.c)
endfunction()

# Builds one program for each source and has ctest run it.
function(lodge_test_programs folder pattern labels timeout)
  file(GLOB sources CONFIGURE_DEPENDS ${folder}/${pattern}.c
    ${folder}/${pattern}.cpp)
  file(GLOB support CONFIGURE_DEPENDS ${folder}/support*.c)
  foreach(source ${sources})
    cmake_path(GET source STEM name)
    add_executable(${name} ${source} ${support})
    target_link_libraries(${name} PRIVATE lodge_flags PkgConfig::cmocka
      Threads::Threads ${ARGN})
    target_include_directories(${name} PRIVATE tests ${folder})
    target_compile_definitions(${name} PRIVATE
      LODGE_GUEST_DIR="${PROJECT_BINARY_DIR}/tests/guests")
    # A function of a test may stand in for one that cmocka calls.
    set_target_properties(${name} PROPERTIES
      C_VISIBILITY_PRESET default CXX_STANDARD 17 CXX_EXTENSIONS OFF
      RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/${folder})
    lodge_add_test(${name} "${labels}" ${timeout} ${name})
    list(APPEND names ${name})
  endforeach()
  set(programs ${names} PARENT_SCOPE)
endfunction()

# Runs programs again, with engines of each preset; but those that are about
# presets, and make all their engines themselves.
function(lodge_test_presets)
  list(FILTER ARGN EXCLUDE REGEX
    "^test_(pooling|preset_machine|deterministic|untrusted)$")
  list(TRANSFORM ARGN REPLACE "(.+)" "$<TARGET_FILE:\\1>")
  list(JOIN ARGN "\n" lines)
  set(file ${PROJECT_BINARY_DIR}/tests/programs.txt)
  file(GENERATE OUTPUT ${file} CONTENT "${lines}\n")
  # The one that changes most; `make presets` runs all.
  lodge_add_test(preset_pooling preset 900 ${LODGE_PYTHON}
    ${PROJECT_SOURCE_DIR}/tests/presets/run ${file} pooling)
endfunction()

# Runs guests once more, with instances from a pool.
function(lodge_test_pooling)
  foreach(name ${ARGN})
    lodge_add_test(${name}_pooling guest 1200 ${name})
    set_property(TEST ${name}_pooling APPEND PROPERTY
      ENVIRONMENT LODGE_TEST_PRESET=pooling)
  endforeach()
endfunction()

# Runs the specification's suite in each mode. The first test to run converts
# the suite, which the others wait for.
function(lodge_test_spec)
  file(GLOB sources CONFIGURE_DEPENDS tests/spec/*.c)
  add_executable(spec ${sources})
  target_link_libraries(spec PRIVATE lodge_flags liblodge PkgConfig::jansson)
  target_compile_definitions(spec PRIVATE
    LODGE_SPEC_EXPECTED="${PROJECT_SOURCE_DIR}/tests/spec/expected.txt")
  set_target_properties(spec PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests/spec)
  add_executable(spec_text tests/spec/text/text.c)
  target_link_libraries(spec_text PRIVATE lodge_flags liblodge)
  set_target_properties(spec_text PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests/spec)
  lodge_add_test(spec_text spec 600
    ${PROJECT_SOURCE_DIR}/tests/spec/run $<TARGET_FILE:spec_text> text)
  set(digests ${PROJECT_BINARY_DIR}/tests/spec/digests)
  foreach(mode ${ARGN})
    lodge_add_test(spec_${mode} spec 600
      ${PROJECT_SOURCE_DIR}/tests/spec/run $<TARGET_FILE:spec> ${mode} /
      ${digests})
  endforeach()
  list(TRANSFORM ARGN PREPEND ${digests}/ OUTPUT_VARIABLE files)
  list(TRANSFORM ARGN PREPEND spec_ OUTPUT_VARIABLE modes)
  lodge_add_test(spec_agree spec 60 ${LODGE_PYTHON}
    ${PROJECT_SOURCE_DIR}/tests/spec/agree ${files})
  set_property(TEST spec_agree PROPERTY DEPENDS "${modes}")
endfunction()

foreach(name ${examples})
  lodge_add_test(example_${name} example 300 example_${name})
endforeach()
if(TARGET example_first_light)
  lodge_add_test(example_first_light_text example 300 example_first_light
    README.md examples/guests/wordcount.wat)
endif()

find_program(LODGE_PYTHON python3 REQUIRED)
# Interpreters cannot load a library that was built with a sanitizer.
if(TARGET example_twenty_steps AND NOT LODGE_SANITIZE)
  find_program(LODGE_LUAJIT luajit)
  if(NOT LODGE_LUAJIT)
    message(STATUS "No luajit: the twenty steps in C and Python only")
  endif()
  lodge_add_test(example_twenty_steps_same example 120 ${LODGE_PYTHON}
    examples/compare_steps.py $<TARGET_FILE:example_twenty_steps>
    $<TARGET_FILE:liblodge> $<$<BOOL:${LODGE_LUAJIT}>:${LODGE_LUAJIT}>)
endif()
function(lodge_test_scripts pattern label timeout)
  file(GLOB sources CONFIGURE_DEPENDS ${pattern}.py)
  foreach(source ${sources})
    cmake_path(GET source STEM name)
    lodge_add_test(${name} ${label} ${timeout} ${LODGE_PYTHON} ${source})
  endforeach()
endfunction()
lodge_test_scripts("tests/cli/test_*" cli 900)

if(LODGE_TESTING)
  enable_language(CXX) # the header has a part for it
  pkg_check_modules(cmocka REQUIRED IMPORTED_TARGET cmocka)
  lodge_guests(tests)
  lodge_test_programs(tests/core "test_*" core 600 lodge_core)
  lodge_test_programs(tests/core "stress_*" "core;thread" 600 lodge_core)
  lodge_add_seen()
  lodge_test_programs(tests "test_*" room 600 liblodge_seen)
  target_link_libraries(test_profile PRIVATE PkgConfig::jansson)
  lodge_add_misuse()
  set(rooms ${programs})
  lodge_test_programs(tests "thread_*" "room;thread" 600 liblodge_seen)
  # A sanitizer has the same to see under every preset, for much more time.
  if(NOT LODGE_SANITIZE)
    lodge_test_presets(${rooms} ${programs})
  endif()
  lodge_test_programs(tests "soak_*" soak 3600 liblodge)
  # They look at resident memory: ASan is not to keep what was freed.
  file(GLOB soaks CONFIGURE_DEPENDS tests/soak_*.c)
  foreach(source ${soaks})
    cmake_path(GET source STEM name)
    set_property(TEST ${name} PROPERTY ENVIRONMENT_MODIFICATION
      "ASAN_OPTIONS=string_append::quarantine_size_mb=2:thread_local_quarantine_size_kb=64")
  endforeach()
  lodge_test_programs(tests/guests/real "test_*" guest 600 liblodge_seen)
  if(NOT LODGE_SANITIZE)
    lodge_test_pooling(${programs})
  endif()
  # A sanitizer sees our own C; two ways through it will do.
  if(LODGE_SANITIZE STREQUAL "thread")
  elseif(LODGE_SANITIZE)
    lodge_test_spec(on-demand suspend)
  else()
    lodge_test_spec(on-demand pooling pulley suspend)
  endif()
  return()
endif()

# Guests that take seconds to compile run once, in the build of users.
pkg_check_modules(cmocka IMPORTED_TARGET cmocka)
if(cmocka_FOUND)
  lodge_test_programs(tests/guests/heavy "test_*" guest 1200 liblodge)
  lodge_test_pooling(test_python test_typescript)
endif()
lodge_test_scripts("examples/check_*" example 300)
lodge_add_test(install install 300
  ${PROJECT_SOURCE_DIR}/cmake/test-install.sh
  ${CMAKE_COMMAND} ${PROJECT_BINARY_DIR} ${CMAKE_C_COMPILER})
