# What mvnw, jaubert and benchmarks/run begin with, read by `.`: what every program after them needs.

# Whatever the locale says, text is UTF-8: arguments, names of files, and what is printed.
[ "$(locale charmap 2>/dev/null)" = UTF-8 ] || export LC_ALL=C.UTF-8

# The version of a java, such as 17 or 8, from the file `release` of its JDK: JAVA_VERSION="17.0.15", or "1.8.0_402".
java_version() {
  home=$(readlink -f -- "$(command -v "$1")") && home=${home%/bin/java} || return 0
  [ -f "$home/release" ] || home=${home%/jre} # of JDK 8
  if [ -f "$home/release" ]; then
    sed -n 's/^JAVA_VERSION="\(1\.\)\{0,1\}\([0-9]*\).*/\2/p' "$home/release"
  else
    "$1" -version 2>&1 | sed -n 's/.* version "\(1\.\)\{0,1\}\([0-9]*\).*/\2/p'
  fi
}

# check_java_home WHO [TOOL]: ends the program if JAVA_HOME is set, and is no Java that will do or has no such tool.
check_java_home() {
  [ -n "${JAVA_HOME-}" ] || return 0
  wrong=
  if [ ! -d "$JAVA_HOME" ]; then
    wrong='is no folder'
  elif [ ! -x "$JAVA_HOME/bin/java" ]; then
    wrong='has no bin/java'
  elif [ ! -x "$JAVA_HOME/bin/${2-java}" ]; then
    wrong="has no bin/$2, so it is no JDK"
  else
    version=$(java_version "$JAVA_HOME/bin/java")
    [ "${version:-17}" -ge 17 ] || wrong="is Java $version"
  fi
  [ -n "$wrong" ] || return 0
  echo "$1: JAVA_HOME is $JAVA_HOME, which $wrong." >&2
  echo "Set it to the folder of a JDK, 17 or newer; or unset it, then the java on the PATH is used." >&2
  exit 1
}
