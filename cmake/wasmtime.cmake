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
add_library(lodge_wasmtime STATIC IMPORTED)
set_target_properties(lodge_wasmtime PROPERTIES
  IMPORTED_LOCATION ${dir}/liblodge_wasmtime.a
  INTERFACE_INCLUDE_DIRECTORIES ${dir}/include
  INTERFACE_LINK_LIBRARIES "Threads::Threads;${CMAKE_DL_LIBS};m")
