# `cmake --install`: headers, libraries, what finds them (CMake package, pkg-config), the programs
# and the documents. Nothing installed holds an absolute path, so the tree can be moved; DESTDIR works
# as everywhere.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/libcpu)
set(installed_libraries libcpu_static)
if(TARGET libcpu_shared)
  list(APPEND installed_libraries libcpu_shared)
endif()

if(TARGET libcpu_gdb)
  list(APPEND installed_libraries libcpu_gdb)
  install(FILES examples/gdb/libcpu_gdb.h examples/gdb/gdb_socket.h
    DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/libcpu-gdb)
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

# pkg-config: the prefix is found from where the file lies. A folder outside of the prefix (an
# absolute CMAKE_INSTALL_LIBDIR or -INCLUDEDIR) stays where it is said to be.
file(RELATIVE_PATH prefix_from_pc
  ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
string(REGEX REPLACE "/$" "" prefix_from_pc "${prefix_from_pc}")
foreach(folder LIB INCLUDE)
  if(IS_ABSOLUTE "${CMAKE_INSTALL_${folder}DIR}")
    set(pc_${folder} "${CMAKE_INSTALL_${folder}DIR}")
  else()
    set(pc_${folder} "\${prefix}/${CMAKE_INSTALL_${folder}DIR}")
  endif()
endforeach()
configure_file(cmake/libcpu.pc.in libcpu.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/libcpu.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# Programs.
if(TARGET libcpu-run)
  install(TARGETS libcpu-run RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
if(TARGET libcpu-view)
  install(TARGETS libcpu-view RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  install(FILES docs/libcpu-view.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
endif()

# Manual pages. A page of the library is found by each of its names: what stands behind .Nm in its
# first section gets a file that refers to it.
install(FILES docs/libcpu-run.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
file(GLOB manual_pages CONFIGURE_DEPENDS docs/man/*.3)
foreach(page IN LISTS manual_pages)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${page})
  get_filename_component(page_name ${page} NAME_WE)
  install(FILES ${page} DESTINATION ${CMAKE_INSTALL_MANDIR}/man3)
  file(STRINGS ${page} names REGEX "^\\.Nm libcpu_")
  list(TRANSFORM names REPLACE "^\\.Nm ([a-z0-9_]+).*" "\\1")
  list(REMOVE_DUPLICATES names)
  list(REMOVE_ITEM names ${page_name})
  foreach(name IN LISTS names)
    file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/man/${name}.3
      CONTENT ".so man3/${page_name}.3\n" @ONLY)
    install(FILES ${PROJECT_BINARY_DIR}/man/${name}.3 DESTINATION ${CMAKE_INSTALL_MANDIR}/man3)
  endforeach()
endforeach()

# Documents.
install(FILES README.md LICENSE CHANGELOG.md KNOWN_GAPS.md ARCHITECTURE.md docs/guide.md docs/packages.md
  DESTINATION ${CMAKE_INSTALL_DOCDIR})
