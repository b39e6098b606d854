# The OpenBLAS of Bytedeco's jar (org.bytedeco:openblas, classifier of the platform), as the target Bytedeco::OpenBLAS.
#
#   JAUBERT_OPENBLAS_DIR  the folder org/bytedeco/openblas/<platform> of the unpacked jar: libopenblas.so.0, the
#                         libraries it needs, and include/cblas.h
#
# At run time the same library comes out of the jar by way of JavaCPP; nothing of it is copied into ours.
set(JAUBERT_OPENBLAS_DIR "" CACHE PATH "folder of the Bytedeco jar that holds libopenblas.so.0")

if(NOT JAUBERT_OPENBLAS_DIR)
  message(FATAL_ERROR "JAUBERT_OPENBLAS_DIR is not set. Unpack org.bytedeco:openblas (classifier linux-x86_64) and "
                      "pass -DJAUBERT_OPENBLAS_DIR=<unpacked>/org/bytedeco/openblas/linux-x86_64")
endif()

find_library(JAUBERT_OPENBLAS_LIBRARY NAMES libopenblas.so.0 libopenblas.0.dylib
             PATHS "${JAUBERT_OPENBLAS_DIR}" NO_DEFAULT_PATH NO_CACHE)
if(NOT JAUBERT_OPENBLAS_LIBRARY)
  message(FATAL_ERROR "JAUBERT_OPENBLAS_DIR is ${JAUBERT_OPENBLAS_DIR}, which holds no libopenblas.so.0")
endif()
if(NOT EXISTS "${JAUBERT_OPENBLAS_DIR}/include/cblas.h")
  message(FATAL_ERROR "JAUBERT_OPENBLAS_DIR is ${JAUBERT_OPENBLAS_DIR}, which holds no include/cblas.h")
endif()

add_library(Bytedeco::OpenBLAS SHARED IMPORTED)
set_target_properties(Bytedeco::OpenBLAS PROPERTIES
  IMPORTED_LOCATION "${JAUBERT_OPENBLAS_LIBRARY}"
  IMPORTED_SONAME "libopenblas.so.0"
  INTERFACE_INCLUDE_DIRECTORIES "${JAUBERT_OPENBLAS_DIR}/include")

# Its cblas.h for ARM names _Float16, which g++ knows from version 13 on; older ones call the same type __fp16. We use
# no function that takes it.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU"
   AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_definitions(Bytedeco::OpenBLAS INTERFACE _Float16=__fp16)
endif()

# Our library looks for OpenBLAS in its own folder ($ORIGIN), where JavaCPP puts both. Links stand in for that here.
function(jaubert_link_openblas_beside target)
  file(GLOB libraries "${JAUBERT_OPENBLAS_DIR}/lib*.so.*")
  foreach(library ${libraries})
    get_filename_component(name "${library}" NAME)
    if(NOT name MATCHES "jni")
      add_custom_command(TARGET ${target} POST_BUILD
        COMMAND ${CMAKE_COMMAND} -E create_symlink "${library}" "$<TARGET_FILE_DIR:${target}>/${name}")
    endif()
  endforeach()
endfunction()
