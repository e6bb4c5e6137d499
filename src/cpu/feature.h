/*
 * feature.h - what a CPU model may have: one row per CPUID feature bit (SDM vol. 2A, CPUID).
 *
 * X(NAME, leaf, subleaf, register, bit, "name"): register 0 = EAX, 1 = EBX, 2 = ECX, 3 = EDX.
 * Listed are the features that this CPU can have, all of them working; CPUID shows a bit when the
 * model has it.  LC_FEAT_BASE is what every x86-64 has.
 */
#ifndef LC_CPU_FEATURE_H
#define LC_CPU_FEATURE_H

#define LC_FEATURE_MAP(X)                                                                          \
    X(FPU, 1, 0, 3, 0, "fpu")                                                                      \
    X(PSE, 1, 0, 3, 3, "pse")                                                                      \
    X(TSC, 1, 0, 3, 4, "tsc")                                                                      \
    X(MSR, 1, 0, 3, 5, "msr")                                                                      \
    X(PAE, 1, 0, 3, 6, "pae")                                                                      \
    X(CX8, 1, 0, 3, 8, "cx8")                                                                      \
    X(MCE, 1, 0, 3, 7, "mce")                                                                      \
    X(SEP, 1, 0, 3, 11, "sep")                                                                     \
    X(MTRR, 1, 0, 3, 12, "mtrr")                                                                   \
    X(MCA, 1, 0, 3, 14, "mca")                                                                     \
    X(APIC, 1, 0, 3, 9, "apic")                                                                    \
    X(PGE, 1, 0, 3, 13, "pge")                                                                     \
    X(CMOV, 1, 0, 3, 15, "cmov")                                                                   \
    X(PAT, 1, 0, 3, 16, "pat")                                                                     \
    X(PSE36, 1, 0, 3, 17, "pse36")                                                                 \
    X(CLFSH, 1, 0, 3, 19, "clfsh")                                                                 \
    X(MMX, 1, 0, 3, 23, "mmx")                                                                     \
    X(FXSR, 1, 0, 3, 24, "fxsr")                                                                   \
    X(SSE, 1, 0, 3, 25, "sse")                                                                     \
    X(SSE2, 1, 0, 3, 26, "sse2")                                                                   \
    X(SSE3, 1, 0, 2, 0, "sse3")                                                                    \
    X(PCLMULQDQ, 1, 0, 2, 1, "pclmulqdq")                                                          \
    X(MONITOR, 1, 0, 2, 3, "monitor")                                                              \
    X(SSSE3, 1, 0, 2, 9, "ssse3")                                                                  \
    X(FMA, 1, 0, 2, 12, "fma")                                                                     \
    X(CX16, 1, 0, 2, 13, "cx16")                                                                   \
    X(PCID, 1, 0, 2, 17, "pcid")                                                                   \
    X(SSE41, 1, 0, 2, 19, "sse4.1")                                                                \
    X(SSE42, 1, 0, 2, 20, "sse4.2")                                                                \
    X(X2APIC, 1, 0, 2, 21, "x2apic")                                                               \
    X(MOVBE, 1, 0, 2, 22, "movbe")                                                                 \
    X(POPCNT, 1, 0, 2, 23, "popcnt")                                                               \
    X(TSCDL, 1, 0, 2, 24, "tsc-deadline")                                                          \
    X(AES, 1, 0, 2, 25, "aes")                                                                     \
    X(XSAVE, 1, 0, 2, 26, "xsave")                                                                 \
    X(AVX, 1, 0, 2, 28, "avx")                                                                     \
    X(F16C, 1, 0, 2, 29, "f16c")                                                                   \
    X(RDRAND, 1, 0, 2, 30, "rdrand")                                                               \
    X(DE, 1, 0, 3, 2, "de")                                                                        \
    X(FSGSBASE, 7, 0, 1, 0, "fsgsbase")                                                            \
    X(BMI1, 7, 0, 1, 3, "bmi1")                                                                    \
    X(AVX2, 7, 0, 1, 5, "avx2")                                                                    \
    X(SMEP, 7, 0, 1, 7, "smep")                                                                    \
    X(BMI2, 7, 0, 1, 8, "bmi2")                                                                    \
    X(ERMS, 7, 0, 1, 9, "erms")                                                                    \
    X(INVPCID, 7, 0, 1, 10, "invpcid")                                                             \
    X(RDSEED, 7, 0, 1, 18, "rdseed")                                                               \
    X(ADX, 7, 0, 1, 19, "adx")                                                                     \
    X(SMAP, 7, 0, 1, 20, "smap")                                                                   \
    X(CLFLUSHOPT, 7, 0, 1, 23, "clflushopt")                                                       \
    X(CLWB, 7, 0, 1, 24, "clwb")                                                                   \
    X(SHA, 7, 0, 1, 29, "sha")                                                                     \
    X(UMIP, 7, 0, 2, 2, "umip")                                                                    \
    X(GFNI, 7, 0, 2, 8, "gfni")                                                                    \
    X(VAES, 7, 0, 2, 9, "vaes")                                                                    \
    X(VPCLMULQDQ, 7, 0, 2, 10, "vpclmulqdq")                                                       \
    X(LA57, 7, 0, 2, 16, "la57")                                                                   \
    X(RDPID, 7, 0, 2, 22, "rdpid")                                                                 \
    X(MOVDIRI, 7, 0, 2, 27, "movdiri")                                                             \
    X(MOVDIR64B, 7, 0, 2, 28, "movdir64b")                                                         \
    X(SERIALIZE, 7, 0, 3, 14, "serialize")                                                         \
    X(XSAVEOPT, 0xd, 1, 0, 0, "xsaveopt")                                                          \
    X(XSAVEC, 0xd, 1, 0, 1, "xsavec")                                                              \
    X(XGETBV1, 0xd, 1, 0, 2, "xgetbv1")                                                            \
    X(LAHF, 0x80000001, 0, 2, 0, "lahf-lm")                                                        \
    X(LZCNT, 0x80000001, 0, 2, 5, "lzcnt")                                                         \
    X(PREFETCHW, 0x80000001, 0, 2, 8, "prefetchw")                                                 \
    X(SYSCALL, 0x80000001, 0, 3, 11, "syscall")                                                    \
    X(NX, 0x80000001, 0, 3, 20, "nx")                                                              \
    X(PDPE1GB, 0x80000001, 0, 3, 26, "pdpe1gb")                                                    \
    X(RDTSCP, 0x80000001, 0, 3, 27, "rdtscp")                                                      \
    X(LM, 0x80000001, 0, 3, 29, "lm")                                                              \
    X(INVTSC, 0x80000007, 0, 3, 8, "invtsc")

enum lc_feature {
    LC_FEAT_BASE, /* always there */
#define LC_FEATURE_ENUM(name, leaf, subleaf, reg, bit, text) LC_FEAT_##name,
    LC_FEATURE_MAP(LC_FEATURE_ENUM)
#undef LC_FEATURE_ENUM
        LC_FEATURES,
};

#endif
