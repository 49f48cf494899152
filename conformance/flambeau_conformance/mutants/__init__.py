"""The suite on trial: faults are planted one at a time in kernels and in core, and a case must catch each of them.

- :mod:`.seam`: where kernels are taken out and put in; :mod:`.calls`: their calls, kept and made again.
- :mod:`.changes`: what can be wrong with an array; :mod:`.faults`, :mod:`.kernel_faults`: what can be wrong with a kernel.
- :mod:`.core_faults`: what can be wrong with what core's rows declare; :mod:`.source_faults`: with any line of its source.
- :mod:`.battery`: whether a fault changes anything at all.
- :mod:`.runner`: runs mutants in forked children; :mod:`.survivors`: those that are explained; :mod:`.command`: the command.
"""
