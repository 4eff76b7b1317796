# Compiles cuda/*.cu with nvcc, if there is one: TM_NVCC, CUDA_HOME, CUDA_PATH, the path, /usr/local/cuda. Sets
# tm_cuda_objects and tm_cudart (the static runtime, which loads the driver when it is first used, so that the library
# loads on machines without one). Nothing found: says so, and the build goes on without CUDA.
set(TM_NVCC "" CACHE FILEPATH "nvcc; OFF builds without CUDA")
option(TM_CUDA_LINES "Line numbers in the device's code, for profilers: they come with the checkout's path" OFF)
set(TM_CUDA_ARCHITECTURES "80;90;100;120" CACHE STRING "Compute capabilities to compile for, lowest first; those that nvcc \
doesn't know are left out, and PTX of 8.0 and 9.0 is added for what comes after them")

# Flags are taken besides those of all sources.
function(tm_compile_cuda source object)
  get_filename_component(name ${source} NAME)
  set(script ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/compile_cuda.cmake)
  add_custom_command(
    OUTPUT ${object}
    COMMAND ${CMAKE_COMMAND} -DNVCC=${tm_nvcc} "-DFLAGS=${tm_nvcc_flags};${ARGN}" -DSOURCE=${source} -DOBJECT=${object} -P ${script}
    DEPENDS ${source} ${script}
    DEPFILE ${object}.d
    COMMENT "nvcc ${name}"
    VERBATIM)
  set_source_files_properties(${object} PROPERTIES EXTERNAL_OBJECT TRUE GENERATED TRUE)
endfunction()

# Kernels of one program alone, in its folder: as C++ for the emulator, and by nvcc for 9.0a, which has wgmma; then
# `definition` is defined in the program.
function(tm_add_own_kernels target source definition)
  get_filename_component(root ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/.. ABSOLUTE)
  set_source_files_properties(${source} PROPERTIES LANGUAGE CXX COMPILE_OPTIONS "-I${root}/emu;-Wno-unknown-pragmas")
  target_sources(${target} PRIVATE ${source})
  if(tm_cuda_objects)
    get_filename_component(name ${source} NAME_WE)
    set(object ${CMAKE_CURRENT_BINARY_DIR}/${name}.o)
    tm_compile_cuda(${CMAKE_CURRENT_SOURCE_DIR}/${source} ${object} -I${root} ${tm_group_arch})
    target_sources(${target} PRIVATE ${object})
    target_compile_definitions(${target} PRIVATE ${definition})
  endif()
endfunction()

set(tm_group_arch -gencode=arch=compute_90a,code=sm_90a)  # what only 9.0a has, and no later device: wgmma
set(tm_cuda_objects)
if(TM_NVCC)
  set(tm_nvcc ${TM_NVCC})
elseif(NOT "${TM_NVCC}" STREQUAL "" OR TM_SANITIZE)
  set(tm_nvcc)  # asked for none; sanitizers look at the emulator's build
else()
  find_program(tm_nvcc_found nvcc HINTS $ENV{CUDA_HOME}/bin $ENV{CUDA_PATH}/bin /usr/local/cuda/bin)
  set(tm_nvcc ${tm_nvcc_found})
endif()
if(NOT tm_nvcc)
  message(STATUS "No nvcc (TM_NVCC, CUDA_HOME, PATH): building without CUDA; the emulated backend is built")
  return()
endif()

get_filename_component(tm_cuda_root ${tm_nvcc} REALPATH)
get_filename_component(tm_cuda_root ${tm_cuda_root}/../.. ABSOLUTE)
find_library(tm_cudart cudart_static PATHS ${tm_cuda_root}/lib64 ${tm_cuda_root}/lib ${tm_cuda_root}/targets/x86_64-linux/lib
  NO_DEFAULT_PATH NO_CACHE)
if(NOT tm_cudart)
  message(STATUS "${tm_nvcc} has no libcudart_static.a beside it: building without CUDA")
  return()
endif()

set(tm_nvcc_flags -std=c++20 -O3 -fmad=false -compress-mode=size -Werror all-warnings -Xptxas=-v
  -Xcompiler=-Wall,-Wextra,-fPIC,-fvisibility=hidden,-fvisibility-inlines-hidden,-ffp-contract=off
  -I${CMAKE_CURRENT_SOURCE_DIR}/include -I${CMAKE_CURRENT_SOURCE_DIR}/src)
if(TM_CUDA_LINES)
  list(APPEND tm_nvcc_flags -lineinfo)
endif()
foreach(prefix ${tm_prefixes})
  list(APPEND tm_nvcc_flags -Xcompiler=${prefix})
endforeach()
# Code for 9.0 and later has the wait for the kernel ahead, so a kernel may start before that one has ended
# (cuda/early_start.h): PTX of 8.0 alone would leave later devices without it. It is made once for them all.
execute_process(COMMAND ${tm_nvcc} --list-gpu-code OUTPUT_VARIABLE tm_known_code)
set(tm_ptx -gencode=arch=compute_80,code=compute_80)
set(tm_early_code compute_90)
set(tm_every_arch ${tm_ptx})
foreach(arch ${TM_CUDA_ARCHITECTURES})
  if(NOT tm_known_code MATCHES "sm_${arch}[\n ]")
    message(STATUS "${tm_nvcc} makes no code for sm_${arch}")
  elseif(NOT arch LESS 90)
    string(APPEND tm_early_code ",sm_${arch}")
  else()
    list(APPEND tm_every_arch -gencode=arch=compute_${arch},code=sm_${arch})
  endif()
endforeach()
list(APPEND tm_every_arch "-gencode=arch=compute_90,code=[${tm_early_code}]")
# With wgmma: the host asks before it launches one of these.
set(tm_group_kernels attention_group self_test_group tile_blocks tile_blocks_five tile_floats tile_super_affine tile_super_signed)
set(tm_without_kernels completion device_adapters device_backend device_experts device_model device_sampling device_step early_start found multiply probe room
    step_graphs upload)  # one pass is enough
foreach(source ${cuda_sources})
  get_filename_component(name ${source} NAME_WE)
  set(arch_flags ${tm_every_arch})
  if(name IN_LIST tm_without_kernels)
    set(arch_flags ${tm_ptx})
  elseif(name IN_LIST tm_group_kernels)
    set(arch_flags ${tm_group_arch})
  endif()
  set(object ${CMAKE_CURRENT_BINARY_DIR}/cuda/${name}.o)
  tm_compile_cuda(${source} ${object} ${arch_flags})
  list(APPEND tm_cuda_objects ${object})
endforeach()
message(STATUS "CUDA: ${tm_nvcc} for ${TM_CUDA_ARCHITECTURES}")
