"""The engine that runs a submission: learners' cells in a sandboxed process, test cells in a
trusted one.

What runs:
    fork_server     one warm process with the scientific stack; it forks the others in milliseconds
    process         the learner's process, which never sees a test cell; the tester; the drawer
    shell           runs cells in IPython; kernel_shell: what a kernel offers, without a kernel
    channel, codec  calls both ways between learner and tester, with plain data only
    redaction       what a student sees of an error inside a hidden test
    sandbox         isolates a process, by namespaces, landlock and seccomp

What drives it from outside:
    session         the cells of one submission, in order, with limits of time
    fork_client     starts the fork server; launcher: starts a submission's processes
    handle          one process: messages, signals, its end
    timeline        the learner's past: snapshots, rollback, copies for tests
    learner_files   files that the learner's cells wrote: for the tester; restored after a test
    usage           memory and processes, as the kernel reports them
    messages        the messages between them, limited before they are parsed
    outputs         a cell's outputs, as a notebook may hold them
    verdict         the result of a test, separate from all outputs
    figures         figures that are drawn later
    memory          what is kept from the last run, for the next one
"""
