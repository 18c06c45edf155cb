# SPDX-License-Identifier: Apache-2.0
# A message was moved into Junk: octroi-learn.conf runs this.
require ["vnd.dovecot.pipe", "copy", "imapsieve", "environment", "variables"];
if environment :matches "imap.user" "*" {
	pipe :copy "octroi-learn.sh" ["spam", "${1}"];
}
