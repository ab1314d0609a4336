# Waits until it is killed: ppoll(NULL, 0, NULL, NULL) without an end. See KeeperProgram.
keeper: xor     %edi, %edi
        xor     %esi, %esi
        xor     %edx, %edx
        xor     %r10, %r10
        mov     $271, %eax
        syscall
        jmp     keeper
