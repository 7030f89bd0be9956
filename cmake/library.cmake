# library.cmake - liblodge: core, rooms and the engine archive in one file.

# core is libc only: it does not even see Wasmtime's headers.
file(GLOB core_sources CONFIGURE_DEPENDS src/core/*.c)
file(GLOB room_sources CONFIGURE_DEPENDS src/*.c)

add_library(lodge_core OBJECT ${core_sources})
add_library(lodge_rooms OBJECT ${room_sources})
target_link_libraries(lodge_rooms PRIVATE lodge_wasmtime)
target_include_directories(lodge_rooms PRIVATE wasmtime)
foreach(part lodge_core lodge_rooms)
  target_link_libraries(${part} PRIVATE lodge_flags Threads::Threads)
  target_include_directories(${part} PUBLIC src)
  target_compile_options(${part} PRIVATE -ftls-model=initial-exec)
endforeach()

set(map ${PROJECT_SOURCE_DIR}/cmake/liblodge.map)
add_library(liblodge SHARED
  $<TARGET_OBJECTS:lodge_core> $<TARGET_OBJECTS:lodge_rooms>)
add_library(lodge::lodge ALIAS liblodge)
set_target_properties(liblodge PROPERTIES
  OUTPUT_NAME lodge
  EXPORT_NAME lodge
  VERSION ${PROJECT_VERSION}
  # While the major version is 0, a minor version may break the ABI.
  SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}
  LINKER_LANGUAGE C
  LINK_DEPENDS ${map})
target_include_directories(liblodge INTERFACE
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
  $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_link_libraries(liblodge PRIVATE
  $<BUILD_INTERFACE:lodge_flags> $<BUILD_INTERFACE:lodge_wasmtime>)
target_link_options(liblodge PRIVATE
  LINKER:--version-script=${map} LINKER:--exclude-libs,ALL
  LINKER:--gc-sections LINKER:-Bsymbolic-functions
  LINKER:-z,nodelete LINKER:-z,relro LINKER:-z,now)
# Clang keeps the sanitizers' symbols for the program to define.
if(NOT (LODGE_SANITIZE AND CMAKE_C_COMPILER_ID MATCHES Clang))
  target_link_options(liblodge PRIVATE LINKER:-z,defs)
endif()

# Tests have the crate panic where they want it (src/test_panics.c).
if(LODGE_TESTING)
  set(panics ${PROJECT_SOURCE_DIR}/src/test_panics.c)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${panics})
  file(STRINGS ${panics} lines REGEX "__wrap_lodge_wt|^CAN_PANIC")
  foreach(line ${lines})
    string(REGEX MATCH "(lodge_wt|wasmtime_context)_[a-z_]+" name "${line}")
    list(APPEND wraps LINKER:--wrap=${name})
  endforeach()
  list(REMOVE_DUPLICATES wraps)
  target_link_options(liblodge PRIVATE ${wraps})
endif()
