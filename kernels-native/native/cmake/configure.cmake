# cmake -DSOURCE=dir -DBUILD=dir [-DOPTIONS=-DA=1;-DB=2] -P configure.cmake
# Configures, as cmake -S -B would, but throws away a build folder that CMake could only refuse (fresh.cmake).
include("${CMAKE_CURRENT_LIST_DIR}/fresh.cmake")
drop_foreign_build("${SOURCE}" "${BUILD}")
execute_process(COMMAND "${CMAKE_COMMAND}" -S "${SOURCE}" -B "${BUILD}" ${OPTIONS} COMMAND_ERROR_IS_FATAL ANY)
