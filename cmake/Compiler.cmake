# What every C++ target of Jaubert is compiled with, as the target jaubert_compiler.
set(JAUBERT_SANITIZE OFF CACHE STRING
  "OFF; ON for AddressSanitizer and UndefinedBehaviorSanitizer; or other names for -fsanitize=, such as thread")
option(JAUBERT_WERROR "treat warnings as errors" ON)

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Release, Debug, RelWithDebInfo" FORCE)
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O3 -DNDEBUG")

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)

add_library(jaubert_compiler INTERFACE)
# A field that an initializer does not name is 0, which is what the ABI's structs of arguments mean by it.
# Multiply-add is contracted, and neither errno nor floating-point traps are kept; but no -ffast-math: NaN, infinities
# and the order of sums mean what the ABI says.
target_compile_options(jaubert_compiler INTERFACE
  -Wall -Wextra -Wshadow -Wno-missing-field-initializers $<$<BOOL:${JAUBERT_WERROR}>:-Werror>
  -ffp-contract=fast -fno-math-errno -fno-trapping-math -fno-semantic-interposition)

if(JAUBERT_SANITIZE)
  set(sanitizers "${JAUBERT_SANITIZE}")
  if(JAUBERT_SANITIZE MATCHES "^(ON|TRUE|YES|1)$")
    set(sanitizers "address,undefined")
  endif()
  target_compile_options(jaubert_compiler INTERFACE
    -fsanitize=${sanitizers} -fno-sanitize-recover=all -fno-omit-frame-pointer -g)
  target_link_options(jaubert_compiler INTERFACE -fsanitize=${sanitizers})
endif()
