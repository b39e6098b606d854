# Writes both tables of what kernels cost anew, after a change that is meant: the instructions of fixed calls on the CPU
# (native/test/instructions.txt), and the registers of kernels on GPUs (kernels/resources.txt).
#   cmake [-DBUILD=DIR] -P cmake/Ledgers.cmake
# BUILD is where native/ was built with its tests, java/core/target/native by default.
cmake_minimum_required(VERSION 3.22)
set(UPDATE ON)
include("${CMAKE_CURRENT_LIST_DIR}/InstructionCounts.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/KernelResources.cmake")
