# The kernels of kernels/, compiled where there is an nvcc. Without one, the build says so in one line and goes on; the
# SIMT emulator of native/test/simt runs the same files either way.
#
#   JAUBERT_CUDA                ON; OFF to leave nvcc alone; or AUTO, which compiles them, as that takes minutes, where there
#                               is an NVIDIA driver, and where an earlier build in the same folder has compiled them
#   JAUBERT_CUDA_ARCHITECTURES  such as "80;90a"; "all" is every one of 80, 86, 89, 90a, 100 and 120 that nvcc knows
#
# jaubert_nvcc(VARIABLE FILE...) compiles .cu files to BUILD/kernels/<folder>.<file>.o: machine code for every
# architecture, and PTX of the least for later ones. A launcher of the C++ compiler (ccache) is used for nvcc too.
# JAUBERT_CUDA_COMPILED is then the list of architectures, such as "80 90a", and empty without nvcc.
include("${CMAKE_CURRENT_LIST_DIR}/CudaArchitectures.cmake")
set(JAUBERT_CUDA ON CACHE STRING "compile the CUDA kernels if nvcc is found: ON, OFF or AUTO")
set(JAUBERT_CUDA_ARCHITECTURES "80;90a" CACHE STRING "GPU architectures to compile for, or all")

if(NOT JAUBERT_CUDA)
  return()
endif()
if(JAUBERT_CUDA STREQUAL "AUTO")
  # The driver's module, and its library where there is a driver without one (WSL).
  find_library(JAUBERT_DRIVER libcuda.so.1 PATHS /usr/lib/wsl/lib /usr/lib/x86_64-linux-gnu /usr/lib64)
  set(earlier "${CMAKE_BINARY_DIR}/lib/libjaubert_cuda.so")
  if(NOT JAUBERT_DRIVER AND NOT EXISTS /proc/driver/nvidia/version AND NOT EXISTS "${earlier}")
    message(NOTICE "CUDA: no NVIDIA driver found, so the kernels are not compiled for GPUs; -DJAUBERT_CUDA=ON (Maven: "
                   "-Dcuda=true) compiles them")
    return()
  endif()
endif()
find_program(JAUBERT_NVCC nvcc HINTS ENV CUDA_HOME ENV CUDA_PATH PATHS /usr/local/cuda PATH_SUFFIXES bin)
if(NOT JAUBERT_NVCC)
  message(NOTICE "CUDA: no nvcc found; the kernels are tested under the emulator, and not compiled for GPUs")
  return()
endif()
execute_process(COMMAND "${JAUBERT_NVCC}" --version OUTPUT_VARIABLE nvcc_version COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCH "release ([0-9.]+)" nvcc_version "${nvcc_version}")
set(nvcc_version "${CMAKE_MATCH_1}")
if(nvcc_version VERSION_LESS 12.4)
  message(NOTICE "CUDA: ${JAUBERT_NVCC} is ${nvcc_version}, and 12.4 is needed; the kernels are not compiled for GPUs")
  return()
endif()

execute_process(COMMAND "${JAUBERT_NVCC}" --list-gpu-code OUTPUT_VARIABLE known COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "sm_[0-9]+" known "${known}")
jaubert_architectures(gencode compiled "${JAUBERT_CUDA_ARCHITECTURES}" "${known}")
if(NOT compiled)
  message(FATAL_ERROR "CUDA: nvcc ${nvcc_version} knows none of ${JAUBERT_CUDA_ARCHITECTURES}")
endif()
message(STATUS "CUDA: nvcc ${nvcc_version}, architectures ${compiled}")

get_filename_component(root "${CMAKE_CURRENT_LIST_DIR}/.." ABSOLUTE)
set(kernels "${root}/kernels")
set(kernel_output "${CMAKE_BINARY_DIR}/kernels")
file(MAKE_DIRECTORY "${kernel_output}")
file(WRITE "${kernel_output}/nvcc_version" "${nvcc_version}")
# What files that are gone have left, which kernels.resources would read.
file(GLOB logs RELATIVE "${kernel_output}" "${kernel_output}/*.o.log")
foreach(log ${logs})
  string(REGEX REPLACE "^([^.]+)\\.([^.]+)\\..*" "\\1/\\2.cu" source "${log}")
  if(NOT EXISTS "${kernels}/${source}" AND NOT EXISTS "${root}/native/${source}")
    file(REMOVE "${kernel_output}/${log}")
  endif()
endforeach()
file(GLOB_RECURSE kernel_headers CONFIGURE_DEPENDS "${kernels}/*.cuh")
file(GLOB launcher_headers CONFIGURE_DEPENDS "${root}/native/cuda/*.h" "${root}/native/cpu/support/*.h" "${root}/native/include/jaubert/*.h")
list(JOIN compiled " " JAUBERT_CUDA_COMPILED)

# The runtime's headers and its static library, beside nvcc.
file(REAL_PATH "${JAUBERT_NVCC}" nvcc_file)
get_filename_component(toolkit "${nvcc_file}/../.." ABSOLUTE)
find_path(JAUBERT_CUDA_INCLUDE cuda_runtime_api.h
          HINTS "${toolkit}/include" "${toolkit}/targets/x86_64-linux/include" /usr/local/cuda/include)
find_library(JAUBERT_CUDART libcudart_static.a HINTS "${toolkit}/lib64" "${toolkit}/lib" "${toolkit}/targets/x86_64-linux/lib"
             /usr/local/cuda/lib64 /usr/local/cuda/lib)
if(NOT JAUBERT_CUDA_INCLUDE OR NOT JAUBERT_CUDART)
  message(FATAL_ERROR "CUDA: ${JAUBERT_NVCC} was found, but not cuda_runtime_api.h and libcudart_static.a beside it; "
                      "-DJAUBERT_CUDA=OFF builds without")
endif()

function(jaubert_nvcc variable)
  set(objects "")
  foreach(source ${ARGN})
    get_filename_component(name "${source}" NAME_WE)
    get_filename_component(folder "${source}" DIRECTORY)
    get_filename_component(folder "${folder}" NAME)
    set(object "${kernel_output}/${folder}.${name}.o")
    # -ftz=true alone of what -use_fast_math is: denormal numbers of float32 are 0, as on the CPU (cpu/support/flush.h).
    # ptxas reports registers, shared memory and spills on standard error, which is kept beside the result.
    string(JOIN " " command ${CMAKE_CXX_COMPILER_LAUNCHER} "'${JAUBERT_NVCC}'" -std=c++20 -O3 -ftz=true --expt-relaxed-constexpr
           --extended-lambda -Xcompiler -fPIC,-fvisibility=hidden
           -Werror all-warnings "'-I${kernels}'" "'-I${root}/native/include'" "'-I${root}/native/cpu'" ${gencode}
           -Xptxas -v -c "'${source}'" -o "'${object}'")
    add_custom_command(OUTPUT "${object}"
      COMMAND sh -c "${command} 2> '${object}.log' || { cat '${object}.log' >&2; exit 1; }"
      DEPENDS "${source}" ${kernel_headers} ${launcher_headers} COMMENT "nvcc ${folder}/${name}.cu" VERBATIM)
    list(APPEND objects "${object}")
  endforeach()
  set(${variable} ${objects} PARENT_SCOPE)
endfunction()

# Instances that no launcher uses yet.
file(GLOB_RECURSE kernel_files CONFIGURE_DEPENDS "${kernels}/*.cu")
jaubert_nvcc(objects ${kernel_files})
add_custom_target(jaubert_kernels ALL DEPENDS ${objects})

if(BUILD_TESTING)
  add_test(NAME kernels.resources COMMAND ${CMAKE_COMMAND}
    "-DBUILD=${CMAKE_BINARY_DIR}" -P "${CMAKE_CURRENT_LIST_DIR}/KernelResources.cmake")
endif()
