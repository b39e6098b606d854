# jaubert_architectures(GENCODE COMPILED ASKED KNOWN): what nvcc is to make. ASKED are architectures such as 80 and 90a,
# or "all"; KNOWN is what nvcc lists, such as sm_80. COMPILED becomes those of the asked that nvcc knows, and GENCODE
# its options: machine code for each, and PTX for GPUs later than these. The PTX is that of the least, without the letter
# of an architecture whose code no other GPU runs, so that all of a later compute capability can run it; that is what
# io.github.jaubert.cuda.Requirements promises.
function(jaubert_architectures gencode compiled asked known)
  if(asked STREQUAL "all")
    set(asked 80 86 89 90a 100 120)
  endif()
  set(options "")
  set(found "")
  set(least "")
  foreach(architecture ${asked})
    string(REGEX REPLACE "[a-z]+$" "" number "${architecture}")
    if("sm_${number}" IN_LIST known)
      list(APPEND options "-gencode=arch=compute_${architecture},code=sm_${architecture}")
      list(APPEND found "${architecture}")
      if(least STREQUAL "" OR number LESS least)
        set(least "${number}")
      endif()
    endif()
  endforeach()
  if(found)
    list(APPEND options "-gencode=arch=compute_${least},code=compute_${least}")
  endif()
  set(${gencode} "${options}" PARENT_SCOPE)
  set(${compiled} "${found}" PARENT_SCOPE)
endfunction()
