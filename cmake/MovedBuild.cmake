# cmake -DBUILD=FOLDER -P MovedBuild.cmake: removes a build folder that was configured at another place, as in a copy of a
# checkout. CMake would refuse it, and what it holds was compiled from the other sources.
if(EXISTS "${BUILD}/CMakeCache.txt")
  file(STRINGS "${BUILD}/CMakeCache.txt" entry REGEX "^CMAKE_CACHEFILE_DIR:" ENCODING UTF-8)
  string(REGEX REPLACE "^[^=]*=" "" before "${entry}")
  file(REAL_PATH "${before}" before)
  file(REAL_PATH "${BUILD}" now)
  if(NOT before STREQUAL now)
    message(NOTICE "${BUILD} was configured as ${before}; it is built anew")
    file(REMOVE_RECURSE "${BUILD}")
  endif()
endif()
