# SPDX-License-Identifier: Apache-2.0
# A message was moved out of Junk, and not into Trash.
require ["vnd.dovecot.pipe", "copy", "imapsieve", "environment", "variables"];
if environment :matches "imap.mailbox" "*" {
	set "mailbox" "${1}";
}
if string "${mailbox}" ["Trash", "Corbeille", "Deleted Items", "Deleted Messages",
	"Éléments supprimés"] {
	stop;
}
if environment :matches "imap.user" "*" {
	pipe :copy "octroi-learn.sh" ["ham", "${1}"];
}
