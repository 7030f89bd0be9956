# install.cmake - what an installed Lodge is: one header (and its plain twin
# for parsers), one library, one command, and how build systems find them.

include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/lodge)
set(pc_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

install(TARGETS liblodge EXPORT lodgeTargets)
install(FILES include/lodge.h TYPE INCLUDE)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES include/lodge.cdef.h TYPE INCLUDE OPTIONAL)
install(EXPORT lodgeTargets NAMESPACE lodge:: DESTINATION ${package_dir})

configure_package_config_file(cmake/lodgeConfig.cmake.in lodgeConfig.cmake
  INSTALL_DESTINATION ${package_dir})
# While the major version is 0, a minor version may break.
write_basic_package_version_file(lodgeConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES
  ${PROJECT_BINARY_DIR}/lodgeConfig.cmake
  ${PROJECT_BINARY_DIR}/lodgeConfigVersion.cmake
  DESTINATION ${package_dir})

# lodge.pc finds its prefix from where it lies, so an installed tree can be
# moved. Only at install time is it known whether programs need a run path:
# outside /usr the system does not look for libraries.
file(RELATIVE_PATH LODGE_PC_TO_PREFIX /p/${pc_dir} /p)
string(REGEX REPLACE "/$" "" LODGE_PC_TO_PREFIX ${LODGE_PC_TO_PREFIX})
set(LODGE_PC_RPATH "@LODGE_PC_RPATH@")
configure_file(cmake/lodge.pc.in lodge.pc.in @ONLY)
install(CODE "
  set(LODGE_PC_RPATH \"-Wl,-rpath,\\\${libdir} \")
  if(CMAKE_INSTALL_PREFIX MATCHES \"^/(usr/?)?$\")
    set(LODGE_PC_RPATH \"\")
  endif()
  configure_file(${PROJECT_BINARY_DIR}/lodge.pc.in
    ${PROJECT_BINARY_DIR}/lodge.pc @ONLY)")
install(FILES ${PROJECT_BINARY_DIR}/lodge.pc DESTINATION ${pc_dir})

if(TARGET lodge_cli)
  file(RELATIVE_PATH to_lib
    /p/${CMAKE_INSTALL_BINDIR} /p/${CMAKE_INSTALL_LIBDIR})
  set_target_properties(lodge_cli PROPERTIES
    INSTALL_RPATH "$ORIGIN/${to_lib}")
  install(TARGETS lodge_cli)
endif()
install(FILES cli/inspect.schema.json
  DESTINATION ${CMAKE_INSTALL_DATADIR}/lodge)
file(GLOB pages CONFIGURE_DEPENDS cli/*.1)
install(FILES ${pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
file(GLOB pages CONFIGURE_DEPENDS docs/*.3)
install(FILES ${pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man3)
