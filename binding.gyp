# For tools that look for a binding.gyp. CMakeLists.txt is the build, cmake-js runs it, and this
# target compiles nothing itself. Its output is a name that is never made: so the action always
# runs, and whether anything is out of date is decided in one place, by ninja. `--out` keeps CMake
# away from build/Makefile, which belongs to gyp.
{
  "targets": [
    {
      "target_name": "millrace",
      "type": "none",
      "actions": [
        {
          "action_name": "cmake_js",
          "message": "building CMakeLists.txt with cmake-js",
          "inputs": ["CMakeLists.txt"],
          "outputs": ["build/never-made"],
          "action": [
            "node", "node_modules/cmake-js/bin/cmake-js", "build",
            "--out", "build/cmake", "-G", "Ninja",
            "--CDCMAKE_EXPORT_COMPILE_COMMANDS=ON",
          ],
        },
      ],
    },
  ],
}
