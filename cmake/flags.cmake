# flags.cmake - how every source of ours is compiled, as target lodge_flags.

add_library(lodge_flags INTERFACE)
target_include_directories(lodge_flags INTERFACE ${PROJECT_SOURCE_DIR}/include)
target_compile_options(lodge_flags INTERFACE
  -Wall -Wextra -Wshadow -Wconversion
  $<$<BOOL:${LODGE_WERROR}>:-Werror>
  -ffunction-sections -fdata-sections)
# C11 and POSIX; what goes beyond is asked for in the file that needs it.
target_compile_definitions(lodge_flags INTERFACE
  _DEFAULT_SOURCE
  $<$<BOOL:${LODGE_TESTING}>:LODGE_TEST>)

if(LODGE_SANITIZE)
  list(JOIN LODGE_SANITIZE "," sanitizers)
  set(flags -fsanitize=${sanitizers} -fno-sanitize-recover=all
      -fno-omit-frame-pointer)
  # GCC takes the sanitizers' own branches for paths that set nothing.
  target_compile_options(lodge_flags INTERFACE
    ${flags} $<$<C_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  target_link_options(lodge_flags INTERFACE ${flags})
endif()
if(LODGE_COVERAGE)
  target_compile_options(lodge_flags INTERFACE --coverage)
  target_link_options(lodge_flags INTERFACE --coverage)
endif()
