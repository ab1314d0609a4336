# Runs a table of system calls; made by SyscallProgram, see there for the layout of an entry (80 bytes).
# In: rdi = first entry. Does not return: the last call is execve, a failed call ends the process with its errno.
# Uses no stack, no libc, no thread-local storage: it runs in a child that shares the parent's memory.
interpreter:
        mov     %rdi, %rbx
next:   mov     (%rbx), %rax            # number, negative: end of table
        test    %rax, %rax
        js      end
        mov     8(%rbx), %rdi
        mov     56(%rbx), %rcx          # address of an earlier result to take as first argument, or 0
        test    %rcx, %rcx
        je      args
        mov     (%rcx), %rdi
args:   mov     16(%rbx), %rsi
        mov     24(%rbx), %rdx
        mov     32(%rbx), %r10
        mov     40(%rbx), %r8
        mov     48(%rbx), %r9
        syscall
        mov     %rax, 72(%rbx)
        neg     %rax                    # errno, or 0, or far above 4095
        cmp     $4095, %rax
        ja      done
        cmp     $63, %eax
        ja      end
        mov     64(%rbx), %rcx          # bit n: errno n is as good as success; bit 0 is set
        bt      %rax, %rcx
        jnc     end
done:   add     $80, %rbx
        jmp     next
end:    xchg    %eax, %edi
        mov     $231, %eax              # exit_group
        syscall
