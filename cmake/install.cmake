# `cmake --install`: headers, libraries, what finds them (CMake package, pkg-config), the programs
# and the documents. Nothing installed holds an absolute path, so the tree can be moved.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/libcpu)
set(installed_libraries libcpu_static)
if(TARGET libcpu_shared)
  list(APPEND installed_libraries libcpu_shared)
endif()

install(DIRECTORY include/libcpu DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(TARGETS ${installed_libraries} EXPORT libcpu-targets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})

# CMake package: find_package(libcpu 0.1 CONFIG).
install(EXPORT libcpu-targets NAMESPACE libcpu:: DESTINATION ${package_dir})
configure_package_config_file(cmake/libcpu-config.cmake.in libcpu-config.cmake
  INSTALL_DESTINATION ${package_dir} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(libcpu-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/libcpu-config.cmake
  ${PROJECT_BINARY_DIR}/libcpu-config-version.cmake DESTINATION ${package_dir})

# pkg-config: the prefix is found from where the file lies.
file(RELATIVE_PATH prefix_from_pc
  ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
configure_file(cmake/libcpu.pc.in libcpu.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/libcpu.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# Programs and documents.
if(TARGET libcpu-run)
  install(TARGETS libcpu-run RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
install(FILES docs/libcpu-run.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES README.md LICENSE CHANGELOG.md KNOWN_GAPS.md ARCHITECTURE.md
  DESTINATION ${CMAKE_INSTALL_DOCDIR})
