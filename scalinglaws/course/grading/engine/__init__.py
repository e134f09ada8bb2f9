"""The engine that runs a submission: learners' cells in a sandboxed process, test cells in a trusted one.

    zygote    one warm process that has imported the scientific stack; it forks the other two in milliseconds
    learner   runs the submission's cells in a sandbox; never sees a test cell
    tester    runs the locked test cells; the learner's names are proxies there
    session   drives both from outside, with time limits and snapshots, and returns the executed cells

Between the two runs `channel`: calls both ways, whose arguments and results are plain data (`codec`).
"""
