// Runs a table of system calls; made by SyscallProgram, see there for the layout of an entry (80 bytes).
// In: x0 = first entry. Does not return: the last call is execve, a failed call ends the process with its errno.
// Uses no stack, no libc, no thread-local storage: it runs in a child that shares the parent's memory.
interpreter:
        mov     x19, x0
next:   ldr     x8, [x19], #80          // number, negative: end of table
        tbnz    x8, #63, end
        ldp     x0, x1, [x19, #-72]
        ldur    x9, [x19, #-24]         // address of an earlier result to take as first argument, or 0
        cbz     x9, args
        ldr     x0, [x9]
args:   ldp     x2, x3, [x19, #-56]
        ldp     x4, x5, [x19, #-40]
        svc     #0
        stur    x0, [x19, #-8]
        neg     x0, x0                  // errno, or 0, or far above 4095
        cmp     x0, #4095
        b.hi    next
        cmp     x0, #63
        b.hi    end
        ldur    x9, [x19, #-16]         // bit n: errno n is as good as success; bit 0 is set
        lsr     x9, x9, x0
        tbnz    x9, #0, next
end:    mov     x8, #94                 // exit_group
        svc     #0
