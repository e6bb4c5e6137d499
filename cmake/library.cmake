# The static and the shared library, made from the same objects. Public names:
#   libcpu::static   libcpu.a
#   libcpu::libcpu   libcpu.so, or the static library where the shared one is not built
target_compile_definitions(libcpu_objects PRIVATE LIBCPU_BUILD)

# What a user of either library gets, here and once installed.
function(libcpu_public_interface target)
  target_include_directories(${target} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  set_target_properties(${target} PROPERTIES OUTPUT_NAME cpu)
  if(LIBCPU_SANITIZE)
    target_link_options(${target} PUBLIC $<BUILD_INTERFACE:-fsanitize=${LIBCPU_SANITIZE}>)
  endif()
  if(LIBCPU_COVERAGE)
    target_link_options(${target} PUBLIC $<BUILD_INTERFACE:--coverage>)
  endif()
endfunction()

add_library(libcpu_static STATIC $<TARGET_OBJECTS:libcpu_objects>)
libcpu_public_interface(libcpu_static)
set_target_properties(libcpu_static PROPERTIES EXPORT_NAME static)
add_library(libcpu::static ALIAS libcpu_static)

if(NOT BUILD_SHARED_LIBS)
  add_library(libcpu::libcpu ALIAS libcpu_static)
  return()
endif()

# 0.x promises nothing between minor versions, so the minor version is part of the name:
# libcpu.so.0.1.
add_library(libcpu_shared SHARED $<TARGET_OBJECTS:libcpu_objects>)
libcpu_public_interface(libcpu_shared)
set_target_properties(libcpu_shared PROPERTIES
  EXPORT_NAME libcpu LINKER_LANGUAGE C
  VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
add_library(libcpu::libcpu ALIAS libcpu_shared)
