# Where python3 looks for modules below the prefix: lib/python3.11/dist-packages and the like, of Debian and Ubuntu, of
# a user (~/.local) or of a virtual environment. Where it looks nowhere there, the module goes beside the configs.
find_program(first_python python3)
set(module_folder "")
foreach(python ${first_python} /usr/bin/python3)
  if(NOT module_folder)
    execute_process(COMMAND ${python} -c [[
import os, site, sys
prefix = os.path.join(os.path.realpath(sys.argv[1]), "lib", "python3")
folders = site.getsitepackages() + [site.getusersitepackages()]
print(next((folder for folder in folders if os.path.realpath(folder).startswith(prefix)), ""))
]] ${CMAKE_INSTALL_PREFIX} OUTPUT_VARIABLE module_folder OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  endif()
endforeach()
if(NOT module_folder)
  set(module_folder ${CMAKE_INSTALL_PREFIX}/share/sweep/python)
  message(STATUS "python3 does not look for modules below ${CMAKE_INSTALL_PREFIX}: set PYTHONPATH=${module_folder}")
endif()
file(INSTALL ${CMAKE_CURRENT_LIST_DIR}/sweep.py DESTINATION ${module_folder})
