# The boot loader (sector.bin, loader.bin), the tool that puts them on a disk with a kernel, and a disk
# with the bundled guest: disk.img.  Included by the guest's CMakeLists.txt.
set(boot_flags -m32 -march=i386 -Os)
set(boot_link_flags ${GUEST_LINK_FLAGS} -m32 -Wl,--no-warn-rwx-segments)
guest_compile(loader_objects boot FLAGS ${boot_flags} SOURCES boot/start.S boot/loader.c
  boot/console.c boot/disk.c boot/memory.c boot/kernel.c boot/information.c)
guest_compile(sector_object boot FLAGS ${boot_flags} SOURCES boot/sector.S)

# boot_binary(NAME SCRIPT OBJECTS...): NAME.bin, linked by boot/SCRIPT.
function(boot_binary name script)
  set(script ${CMAKE_CURRENT_SOURCE_DIR}/boot/${script})
  add_custom_command(OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/${name}.bin
    COMMAND ${GUEST_C_COMPILER} ${boot_link_flags} -Wl,-T,${script} ${ARGN} -o ${name}.elf
    COMMAND ${CMAKE_OBJCOPY} -O binary ${name}.elf ${CMAKE_CURRENT_BINARY_DIR}/${name}.bin
    DEPENDS ${ARGN} ${script}
    COMMENT "Guest: ${name}.bin" VERBATIM)
endfunction()
boot_binary(loader loader.ld ${loader_objects})
boot_binary(sector sector.ld ${sector_object})

set(mkdisk ${CMAKE_CURRENT_BINARY_DIR}/mkdisk)
add_custom_command(OUTPUT ${mkdisk}
  COMMAND ${CMAKE_C_COMPILER} -std=c17 -O1 -Wall -Wextra -Werror
    ${CMAKE_CURRENT_SOURCE_DIR}/tools/mkdisk.c -o ${mkdisk}
  DEPENDS tools/mkdisk.c boot/layout.h
  COMMENT "Guest: tool mkdisk" VERBATIM)
set(boot_binaries ${CMAKE_CURRENT_BINARY_DIR}/sector.bin ${CMAKE_CURRENT_BINARY_DIR}/loader.bin)

# boot_disk(NAME KERNEL MODULES...): NAME.img; kernel and modules are "FILE arguments".
function(boot_disk name)
  set(files ${ARGN})
  list(TRANSFORM files REPLACE " .*" "")
  add_custom_command(OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/${name}.img
    COMMAND ${mkdisk} ${CMAKE_CURRENT_BINARY_DIR}/${name}.img ${boot_binaries} ${ARGN}
    DEPENDS ${mkdisk} ${boot_binaries} ${files}
    COMMENT "Guest: ${name}.img" VERBATIM)
  add_custom_target(guest_${name} ALL DEPENDS ${CMAKE_CURRENT_BINARY_DIR}/${name}.img)
endfunction()
boot_disk(disk "${kernel32}" "${archive} the programs again, as a module")

# The same without the module, as a library: boot_image.
boot_disk(boot "${kernel32} quiet")
guest_compile(boot_image_object image FLAGS -I${CMAKE_CURRENT_BINARY_DIR} SOURCES boot_image.S
  DEPENDS ${CMAKE_CURRENT_BINARY_DIR}/boot.img)
add_library(boot_image STATIC ${boot_image_object})
set_target_properties(boot_image PROPERTIES LINKER_LANGUAGE C)
target_include_directories(boot_image PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
