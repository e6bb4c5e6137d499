# Compiler options of the library, the programs and the tests: the target libcpu_options.
add_library(libcpu_options INTERFACE)
target_compile_features(libcpu_options INTERFACE c_std_17)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_C_VISIBILITY_PRESET hidden)
target_compile_options(libcpu_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror
  -Wstrict-prototypes -Wmissing-prototypes -fno-strict-aliasing)
target_compile_definitions(libcpu_options INTERFACE _POSIX_C_SOURCE=200809L)

# Tail dispatch needs sibling calls: an optimising compiler and no sanitizer.
if(LIBCPU_DISPATCH STREQUAL "auto")
  if(CMAKE_BUILD_TYPE MATCHES "^(Release|RelWithDebInfo|MinSizeRel)$" AND NOT LIBCPU_SANITIZE)
    set(LIBCPU_DISPATCH_USED tail)
  else()
    set(LIBCPU_DISPATCH_USED loop)
  endif()
else()
  set(LIBCPU_DISPATCH_USED ${LIBCPU_DISPATCH})
endif()
if(LIBCPU_DISPATCH_USED STREQUAL "tail")
  target_compile_definitions(libcpu_options INTERFACE LC_DISPATCH_TAIL=1)
  target_compile_options(libcpu_options INTERFACE -foptimize-sibling-calls)
else()
  target_compile_definitions(libcpu_options INTERFACE LC_DISPATCH_TAIL=0)
endif()

# LIBCPU_SANITIZE: a -fsanitize= list, for the presets.
set(LIBCPU_SANITIZE "" CACHE STRING "Sanitizers, as for -fsanitize=")
if(LIBCPU_SANITIZE)
  target_compile_options(libcpu_options INTERFACE
    -fsanitize=${LIBCPU_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(libcpu_options INTERFACE -fsanitize=${LIBCPU_SANITIZE})
endif()
