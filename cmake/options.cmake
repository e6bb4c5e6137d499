# Compiler options of the library, the programs and the tests: the target libcpu_options. It is
# linked PRIVATE everywhere and never installed.
set(LIBCPU_DISPATCH "auto" CACHE STRING "How handlers chain: auto, tail or loop")
set_property(CACHE LIBCPU_DISPATCH PROPERTY STRINGS auto tail loop)
set(LIBCPU_SANITIZE "" CACHE STRING "Sanitizers, as for -fsanitize=")
option(LIBCPU_COVERAGE "Count executed lines, for gcov" OFF)
option(LIBCPU_WERROR "Treat warnings as errors" ${PROJECT_IS_TOP_LEVEL})

set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_C_VISIBILITY_PRESET hidden)

add_library(libcpu_options INTERFACE)
target_compile_features(libcpu_options INTERFACE c_std_17)
target_compile_options(libcpu_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion
  -Wstrict-prototypes -Wmissing-prototypes -fno-strict-aliasing)
if(LIBCPU_WERROR)
  target_compile_options(libcpu_options INTERFACE -Werror)
endif()
target_compile_definitions(libcpu_options INTERFACE _POSIX_C_SOURCE=200809L)

if(LIBCPU_SANITIZE)
  target_compile_options(libcpu_options INTERFACE
    -fsanitize=${LIBCPU_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(libcpu_options INTERFACE -fsanitize=${LIBCPU_SANITIZE})
endif()
if(LIBCPU_COVERAGE)
  target_compile_options(libcpu_options INTERFACE --coverage)
  target_link_options(libcpu_options INTERFACE --coverage)
endif()

# Tail dispatch needs sibling calls: an optimising compiler and no sanitizer.
if(LIBCPU_DISPATCH STREQUAL "auto")
  if(CMAKE_BUILD_TYPE MATCHES "^(Release|RelWithDebInfo|MinSizeRel)$" AND NOT LIBCPU_SANITIZE)
    set(LIBCPU_DISPATCH_USED tail)
  else()
    set(LIBCPU_DISPATCH_USED loop)
  endif()
elseif(LIBCPU_DISPATCH MATCHES "^(tail|loop)$")
  set(LIBCPU_DISPATCH_USED ${LIBCPU_DISPATCH})
else()
  message(FATAL_ERROR "LIBCPU_DISPATCH is \"${LIBCPU_DISPATCH}\"; it must be auto, tail or loop")
endif()
if(LIBCPU_DISPATCH_USED STREQUAL "tail")
  target_compile_definitions(libcpu_options INTERFACE LC_DISPATCH_TAIL=1)
  target_compile_options(libcpu_options INTERFACE -foptimize-sibling-calls)
else()
  target_compile_definitions(libcpu_options INTERFACE LC_DISPATCH_TAIL=0)
endif()
