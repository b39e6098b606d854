# Checks the layout of the C++ and CUDA sources against .clang-format; with -DFIX=ON it puts them right.
#   cmake [-DFIX=ON] -P cmake/Format.cmake
# Another version lays out the same file in another way, so only the one below is asked.
set(version 14)

get_filename_component(root "${CMAKE_CURRENT_LIST_DIR}/.." ABSOLUTE)
file(GLOB_RECURSE sources RELATIVE "${root}"
     "${root}/native/*.h" "${root}/native/*.cpp" "${root}/native/*.cu" "${root}/kernels/*.cuh" "${root}/kernels/*.cu")
list(LENGTH sources count)

find_program(clang_format NAMES clang-format-${version} clang-format)
set(found "")
if(clang_format)
  execute_process(COMMAND "${clang_format}" --version OUTPUT_VARIABLE found)
endif()
if(NOT found MATCHES "version ${version}\\.")
  message("C++ format: not checked, clang-format ${version} is not installed")
  return()
endif()

if(FIX)
  execute_process(COMMAND "${clang_format}" -i ${sources} WORKING_DIRECTORY "${root}" COMMAND_ERROR_IS_FATAL ANY)
  message("C++ format: ${count} files formatted")
  return()
endif()
execute_process(COMMAND "${clang_format}" --dry-run --Werror ${sources} WORKING_DIRECTORY "${root}"
                RESULT_VARIABLE result)
if(NOT result EQUAL 0)
  message("C++ format: the files above differ. To format them: cmake -DFIX=ON -P cmake/Format.cmake")
  message(FATAL_ERROR "C++ format: failed")
endif()
message("C++ format: ${count} files are as they should be")
