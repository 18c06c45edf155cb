# OCT_HARDENING: sets OCT_WARN_CFLAGS, OCT_HARDEN_CFLAGS, OCT_HARDEN_LDFLAGS.
# Each flag is probed, so that newer and older compilers both work.
AC_DEFUN([OCT_TRY_CFLAG], [
  AC_MSG_CHECKING([whether $CC accepts $2])
  oct_saved_cflags=$CFLAGS
  CFLAGS="$CFLAGS -Werror $2"
  AC_COMPILE_IFELSE([AC_LANG_PROGRAM()],
    [AC_MSG_RESULT([yes]); $1="$$1 $2"], [AC_MSG_RESULT([no])])
  CFLAGS=$oct_saved_cflags
])
AC_DEFUN([OCT_TRY_LDFLAG], [
  AC_MSG_CHECKING([whether the linker accepts $2])
  oct_saved_ldflags=$LDFLAGS
  LDFLAGS="$LDFLAGS $2"
  AC_LINK_IFELSE([AC_LANG_PROGRAM()],
    [AC_MSG_RESULT([yes]); $1="$$1 $2"], [AC_MSG_RESULT([no])])
  LDFLAGS=$oct_saved_ldflags
])
AC_DEFUN([OCT_HARDENING], [
  AC_ARG_ENABLE([hardening],
    [AS_HELP_STRING([--disable-hardening], [leave out the hardening flags])],
    [], [enable_hardening=yes])
  AC_ARG_ENABLE([werror],
    [AS_HELP_STRING([--enable-werror], [warnings are errors (CI)])],
    [], [enable_werror=no])
  OCT_WARN_CFLAGS=
  m4_foreach_w([oct_flag], [-Wall -Wextra -Wpedantic -Wformat=2 -Wshadow
    -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition
    -Wcast-qual -Wwrite-strings -Wundef -Wvla -Wswitch-enum
    -Wnull-dereference -Wduplicated-cond -Wduplicated-branches -Wlogical-op
    -Wjump-misses-init -Wimplicit-fallthrough -Wconversion -Wsign-conversion
    -Wframe-larger-than=16384 -Wdangling-pointer=2 -Wuse-after-free=3
    -Wbidi-chars=any], [OCT_TRY_CFLAG([OCT_WARN_CFLAGS], oct_flag)])
  AS_IF([test "x$enable_werror" = xyes],
    [OCT_WARN_CFLAGS="$OCT_WARN_CFLAGS -Werror"])
  OCT_HARDEN_CFLAGS=
  OCT_HARDEN_LDFLAGS=
  AS_IF([test "x$with_sanitizer" != xno], [enable_hardening="no (sanitizer)"])
  AS_IF([test "x$enable_hardening" = xyes], [
    OCT_HARDEN_CFLAGS="-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3"
    m4_foreach_w([oct_flag], [-fstack-protector-strong
      -fstack-clash-protection -fcf-protection=full -fPIE
      -ftrivial-auto-var-init=zero -fno-strict-aliasing],
      [OCT_TRY_CFLAG([OCT_HARDEN_CFLAGS], oct_flag)])
    m4_foreach([oct_flag], [[-pie], [-Wl,-z,relro], [-Wl,-z,now],
      [-Wl,-z,noexecstack]],
      [OCT_TRY_LDFLAG([OCT_HARDEN_LDFLAGS], m4_defn([oct_flag]))])
  ])
  AC_SUBST([OCT_WARN_CFLAGS])
  AC_SUBST([OCT_HARDEN_CFLAGS])
  AC_SUBST([OCT_HARDEN_LDFLAGS])
])
