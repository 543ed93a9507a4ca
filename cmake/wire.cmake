# Varlink interfaces become part of the programs that serve them: data/varlink/org.bansho.Name.varlink -> interface_name() (src/wire/interfaces.h).
file(GLOB interfaces CONFIGURE_DEPENDS data/varlink/*.varlink)
foreach(interface ${interfaces})
  get_filename_component(base ${interface} NAME_WLE)
  string(REGEX REPLACE ".*\\." "" name ${base})
  string(TOLOWER ${name} name)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${interface})
  file(READ ${interface} bytes HEX)
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/wire/interface_${name}.c @ONLY CONTENT
"#include \"wire/interfaces.h\"
static const char text[] = {@bytes@0};
struct str interface_@name@(void) { return str_span(text, sizeof text - 1); }
")
  list(APPEND INTERFACE_SOURCES ${CMAKE_BINARY_DIR}/wire/interface_${name}.c)
endforeach()
install(DIRECTORY data/varlink DESTINATION ${CMAKE_INSTALL_DATADIR}/bansho)
