# Which machine code and which PTX are made for the GPUs that are asked for: cmake -P architectures_test.cmake
cmake_minimum_required(VERSION 3.22)
include("${CMAKE_CURRENT_LIST_DIR}/../../cmake/CudaArchitectures.cmake")
set(known sm_75 sm_80 sm_86 sm_89 sm_90 sm_100 sm_120)

function(expect asked compiled ptx)
  jaubert_architectures(gencode found "${asked}" "${known}")
  set(expected "")
  foreach(architecture ${compiled})
    list(APPEND expected "-gencode=arch=compute_${architecture},code=sm_${architecture}")
  endforeach()
  if(compiled)
    list(APPEND expected "-gencode=arch=compute_${ptx},code=compute_${ptx}")
  endif()
  if(NOT gencode STREQUAL expected OR NOT found STREQUAL compiled)
    message(FATAL_ERROR "of ${asked}: '${found}' and '${gencode}' are not '${compiled}' and '${expected}'")
  endif()
endfunction()

expect("80;90a" "80;90a" 80)
expect("90a;80" "90a;80" 80)  # whatever the order
expect("90a" "90a" 90)        # PTX of 90a would run on no other GPU
expect("120;100a;90a" "120;100a;90a" 90)
expect("100f;120" "100f;120" 100)
expect("70;89;86" "89;86" 86)  # what nvcc does not know is left out
expect("70" "" "")
expect("all" "80;86;89;90a;100;120" 80)
