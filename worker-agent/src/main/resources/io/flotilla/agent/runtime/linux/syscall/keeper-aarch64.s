// Waits until it is killed: ppoll(NULL, 0, NULL, NULL) without an end. See KeeperProgram.
keeper: mov     x0, #0
        mov     x1, #0
        mov     x2, #0
        mov     x3, #0
        mov     x8, #73
        svc     #0
        b       keeper
