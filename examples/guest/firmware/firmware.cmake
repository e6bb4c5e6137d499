# The firmware: firmware.bin, 64 KiB that end at 4 GiB, started by the reset vector; also as a library,
# firmware_image.  Included by the guest's CMakeLists.txt.
set(firmware_flags -m16 -march=i386 -Os)
guest_compile(firmware_objects firmware FLAGS ${firmware_flags} SOURCES firmware/start.S
  firmware/post.c firmware/console.c firmware/system.c firmware/disk.c)
set(firmware_script ${CMAKE_CURRENT_SOURCE_DIR}/firmware/firmware.ld)
set(firmware ${CMAKE_CURRENT_BINARY_DIR}/firmware.bin)
add_custom_command(OUTPUT ${firmware}
  COMMAND ${GUEST_C_COMPILER} ${GUEST_LINK_FLAGS} -m16 -Wl,-T,${firmware_script} ${firmware_objects}
    -o firmware.elf
  COMMAND ${CMAKE_OBJCOPY} -O binary firmware.elf ${firmware}
  DEPENDS ${firmware_objects} ${firmware_script}
  COMMENT "Guest: firmware.bin" VERBATIM)
guest_compile(firmware_image_object image FLAGS -I${CMAKE_CURRENT_BINARY_DIR}
  SOURCES firmware_image.S DEPENDS ${firmware})
add_library(firmware_image STATIC ${firmware_image_object})
set_target_properties(firmware_image PROPERTIES LINKER_LANGUAGE C)
target_include_directories(firmware_image PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
