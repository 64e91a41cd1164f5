# What a document shows, for scripts that type it as it stands there; to be sourced.

# The lines of the blocks marked `sh SCENE` of a page of this tree; there must be one.
typed_block() { # PAGE SCENE
  awk -v mark="\`\`\`sh $2" '
    /^```/ { inside = !inside && $0 == mark; next }
    inside { print; found = 1 }
    END { exit !found }' "$(dirname "${BASH_SOURCE[0]}")/../../$1"
}
