# wasmtime.cmake - the engine archive, as target lodge_wasmtime.
#
# tools/build-wasmtime keeps it in a cache outside the tree, shared by presets
# and clones. It runs here, at configure time, so that everything later knows
# the files; a change in the crate configures again.

set(profile $ENV{LODGE_WASMTIME_PROFILE})
if(NOT profile)
  set(profile release)
endif()
set(LODGE_WASMTIME_PROFILE ${profile} CACHE STRING
  "How the engine is built: release, or fast for daily work on Lodge")

set(dir ${LODGE_WASMTIME_DIR})
if(NOT dir)
  file(GLOB_RECURSE crate CONFIGURE_DEPENDS
    wasmtime/Cargo.* wasmtime/build.rs wasmtime/src/*)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
    ${crate} ${PROJECT_SOURCE_DIR}/tools/build-wasmtime)
  execute_process(
    COMMAND ${CMAKE_COMMAND} -E env
      LODGE_WASMTIME_PROFILE=${LODGE_WASMTIME_PROFILE}
      ${PROJECT_SOURCE_DIR}/tools/build-wasmtime
    OUTPUT_VARIABLE dir OUTPUT_STRIP_TRAILING_WHITESPACE
    RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "Wasmtime was not built; the reason is above.")
  endif()
endif()
message(STATUS "Wasmtime: ${dir}")

find_package(Threads REQUIRED)
set(archive ${dir}/liblodge_wasmtime.a)
set(libraries Threads::Threads ${CMAKE_DL_LIBS} m)
if(NOT "thread" IN_LIST LODGE_SANITIZE)
  add_library(lodge_wasmtime STATIC IMPORTED)
else()
  # TSan sees what the engine does through libc, but not the atomics that
  # order it, and would report races where there are none. In an object of its
  # own the engine has a name by which tests/tsan.supp can tell it from C.
  set(object ${PROJECT_BINARY_DIR}/liblodge_wasmtime.so)
  set(map ${PROJECT_SOURCE_DIR}/cmake/wasmtime.map)
  add_custom_command(OUTPUT ${object}
    COMMAND ${CMAKE_C_COMPILER} -shared -o ${object}
      -Wl,-soname,liblodge_wasmtime.so -Wl,--version-script=${map}
      -Wl,--gc-sections -Wl,--whole-archive ${archive} -Wl,--no-whole-archive
      -pthread -ldl -lm -lgcc_s
    DEPENDS ${archive} ${map} VERBATIM
    COMMENT "Linking the engine as a shared object")
  add_custom_target(wasmtime_object DEPENDS ${object})
  add_library(lodge_wasmtime SHARED IMPORTED)
  add_dependencies(lodge_wasmtime wasmtime_object)
  set(archive ${object})
endif()
set_target_properties(lodge_wasmtime PROPERTIES
  IMPORTED_LOCATION ${archive}
  INTERFACE_INCLUDE_DIRECTORIES ${dir}/include
  INTERFACE_LINK_LIBRARIES "${libraries}")
