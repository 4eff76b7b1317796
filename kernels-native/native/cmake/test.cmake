# Configures, builds and runs the native tests in one go, for Maven's test phase:
#   cmake -DSOURCE=native -DBUILD=target/native-test [-DTYPE=Release] [-DSANITIZE=address,undefined] -P test.cmake
cmake_minimum_required(VERSION 3.22)
if(NOT DEFINED TYPE)
  set(TYPE Release)
endif()
function(run)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    list(JOIN ARGV " " line)
    message(FATAL_ERROR "failed with status ${status}: ${line}")
  endif()
endfunction()

include("${CMAKE_CURRENT_LIST_DIR}/fresh.cmake")
drop_foreign_build("${SOURCE}" "${BUILD}")
# The benches for the dry run of a device's, which sanitized code would make long.
set(benches ON)
if(SANITIZE)
  set(benches OFF)
endif()
run(${CMAKE_COMMAND} -S ${SOURCE} -B ${BUILD} -DCMAKE_BUILD_TYPE=${TYPE} -DTM_SANITIZE=${SANITIZE} -DTM_TESTS=ON -DTM_BENCH=${benches})
run(${CMAKE_COMMAND} --build ${BUILD} --parallel 2)
run(${CMAKE_CTEST_COMMAND} --test-dir ${BUILD} --output-on-failure --parallel 1)
