# The static and the shared library, made from the same objects.
add_library(libcpu_static STATIC $<TARGET_OBJECTS:libcpu_objects>)
add_library(libcpu::static ALIAS libcpu_static)
set_target_properties(libcpu_static PROPERTIES OUTPUT_NAME cpu EXPORT_NAME static)
target_include_directories(libcpu_static PUBLIC
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
if(LIBCPU_SANITIZE)
  target_link_options(libcpu_static PUBLIC $<BUILD_INTERFACE:-fsanitize=${LIBCPU_SANITIZE}>)
endif()
