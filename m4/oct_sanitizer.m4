# OCT_SANITIZER: --with-sanitizer=address,undefined|thread, --with-fuzzer;
# sets OCT_SAN_CFLAGS and OCT_SAN_LDFLAGS.
AC_DEFUN([OCT_SANITIZER], [
  AC_ARG_WITH([sanitizer],
    [AS_HELP_STRING([--with-sanitizer=LIST],
      [address,undefined or thread: a build for tests])],
    [], [with_sanitizer=no])
  AC_ARG_WITH([fuzzer],
    [AS_HELP_STRING([--with-fuzzer], [build libFuzzer targets (clang only)])],
    [], [with_fuzzer=no])
  OCT_SAN_CFLAGS=
  OCT_SAN_LDFLAGS=
  AS_CASE([$with_sanitizer],
    [no], [],
    [address,undefined|undefined,address|address|undefined|thread], [
      OCT_SAN_CFLAGS="-fsanitize=$with_sanitizer -fno-sanitize-recover=all -fno-omit-frame-pointer -g"
      OCT_SAN_LDFLAGS="-fsanitize=$with_sanitizer"],
    [AC_MSG_ERROR([--with-sanitizer takes address,undefined or thread])])
  AS_IF([test "x$with_fuzzer" != xno], [
    OCT_SAN_CFLAGS="$OCT_SAN_CFLAGS -fsanitize=fuzzer-no-link"])
  AM_CONDITIONAL([WITH_FUZZER], [test "x$with_fuzzer" != xno])
  AC_SUBST([OCT_SAN_CFLAGS])
  AC_SUBST([OCT_SAN_LDFLAGS])
])
