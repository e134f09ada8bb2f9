"""The engine that runs a submission: learners' cells in a sandboxed process, test cells in a trusted one.

What runs:
    fork_server     one warm process with the scientific stack; it forks the others in milliseconds
    process         the learner's process, which never sees a test cell; the tester; the drawer
    shell           runs cells in IPython; kernel_shell: what a kernel offers, without a kernel
    channel, codec  calls both ways between learner and tester, with plain data only
    redaction       what is told of an error that a hidden test met
    sandbox         keeps a process in, by namespaces, landlock and seccomp

What drives it from outside:
    session         the cells of one submission, in order, with limits of time
    fork_client     starts the fork server; launcher: starts a submission's processes
    handle          one process: messages, signals, its end
    timeline        the learner's past: snapshots, the way back, copies for tests
    learner_files   what the learner's cells wrote, for the tester; put back after a test
    usage           memory and processes, as the kernel tells them
    messages        what is said between them, bounded before it is parsed
    outputs         what a cell put out, as a notebook may hold it
    verdict         what a test came to, apart from all outputs
    figures         figures that are drawn later
    memory          what is kept of the last run, for the next one
"""
