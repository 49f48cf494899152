"""From a declaration to a function: rows, rules, the source of public ops, in-place forms. See ``docs/dispatch.md``."""
