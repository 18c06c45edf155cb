/* SPDX-License-Identifier: Apache-2.0 */
#include "challenge-web/owner_text.h"

const char *const owner_text_en[OTEXT_COUNT] = {
	[OTEXT_TITLE] = "My held messages",
	[OTEXT_MENU] = "My mailbox",
	[OTEXT_MENU_LIST] = "Held messages",
	[OTEXT_MENU_BIN] = "Bin",
	[OTEXT_MENU_SENDERS] = "Senders",
	[OTEXT_MENU_EXPECT] = "Expecting a message",
	[OTEXT_MENU_HISTORY] = "History",
	[OTEXT_MENU_SETTINGS] = "Settings",
	[OTEXT_LOGOUT] = "Log out",
	[OTEXT_FOR_BOX] = "Mailbox {}",
	[OTEXT_FOR_PERSON] = "opened by {}",
	[OTEXT_BACK] = "Back to held messages",
	[OTEXT_ASK_LEAD] =
	    "Doubtful or unexpected messages are not lost: the filter "
	    "keeps them for you. Give your address and we will mail you a "
	    "personal link to see them.",
	[OTEXT_ASK_LABEL] = "Your mail address",
	[OTEXT_ASK_HINT] = "For example: townhall@your-town.fr",
	[OTEXT_ASK_BUTTON] = "Send me my link",
	[OTEXT_ASK_AFTER] =
	    "No password to remember. The link is good for one hour.",
	[OTEXT_ASK_BAD] =
	    "This does not look like a mail address. Write all of it, with "
	    "its @.",
	[OTEXT_ASKED_TITLE] = "Look at your mailbox",
	[OTEXT_ASKED] =
	    "If this filter serves that address, a mail with your link "
	    "arrives there within minutes.",
	[OTEXT_ASKED_NEXT] =
	    "Nothing arrives? Check the address, then ask for another "
	    "link. A few requests an hour are enough: beyond that nothing "
	    "is sent.",
	[OTEXT_ASKED_AGAIN] = "Ask for another link",
	[OTEXT_ASK_MANY] =
	    "Too many links were asked for from your network. Try again in "
	    "{} minutes.",
	[OTEXT_ENTER_LEAD] =
	    "This link opens the messages that the filter keeps for:",
	[OTEXT_ENTER_BUTTON] = "Open my messages",
	[OTEXT_ENTER_AFTER] =
	    "This link is personal: do not forward it. A cookie is kept "
	    "for the time of your visit, and nothing else.",
	[OTEXT_OVER_TITLE] = "This link is no longer valid",
	[OTEXT_OVER] =
	    "Its time is over, or all links were revoked. Nothing is lost: "
	    "ask for a new one.",
	[OTEXT_SESSION_TITLE] = "Your session is closed",
	[OTEXT_SESSION] =
	    "It closes by itself after some time. Nothing is lost: ask for "
	    "a new link, or take the one of your digest.",
	[OTEXT_BYE_TITLE] = "Logged out",
	[OTEXT_BYE] = "You may close this page.",
	[OTEXT_REVOKED] =
	    "All sessions of this mailbox are closed and all its links "
	    "revoked.",
	[OTEXT_ACT_RELEASE_TITLE] = "Deliver this message",
	[OTEXT_ACT_ACCEPT_TITLE] = "Deliver and accept the sender",
	[OTEXT_ACT_REFUSE_TITLE] = "Refuse the sender",
	[OTEXT_ACT_SHOW_TITLE] = "This message is held",
	[OTEXT_ACT_GONE_TITLE] = "This message is no longer held",
	[OTEXT_ACT_GONE] =
	    "It was delivered or deleted already, or its time is over.",
	[OTEXT_ACT_NOTHING] = "Nothing is done until you press the button.",
	[OTEXT_COUNT_NONE] = "No held message",
	[OTEXT_COUNT_ONE] = "1 held message",
	[OTEXT_COUNT_MANY] = "{} held messages",
	[OTEXT_FOUND_NONE] = "No message matches",
	[OTEXT_FOUND_ONE] = "1 message found",
	[OTEXT_FOUND_MANY] = "{} messages found",
	[OTEXT_FOUND_CUT] = "Only the 20,000 latest messages were searched.",
	[OTEXT_EMPTY] =
	    "Everything meant for you was delivered. This page fills when "
	    "the filter puts a message aside; your digest tells you.",
	[OTEXT_SEARCH_LABEL] = "Search a sender or subject",
	[OTEXT_SEARCH_BUTTON] = "Search",
	[OTEXT_SEARCH_ALL] = "Show all",
	[OTEXT_KIND_LABEL] = "Kind",
	[OTEXT_KIND_ALL] = "All",
	[OTEXT_KIND_CONTACT] = "First contacts",
	[OTEXT_KIND_JUNK] = "Junk, forgeries",
	[OTEXT_KIND_AUTOMATIC] = "Automatic",
	[OTEXT_KIND_VIRUS] = "Malware",
	[OTEXT_LEGEND] = "What does each button do?",
	[OTEXT_LIST] = "Messages, latest first",
	[OTEXT_SELECT] = "Select the message from {}",
	[OTEXT_BULK] = "With the ticked messages:",
	[OTEXT_BULK_ALL] = "Tick the whole page",
	[OTEXT_BULK_NONE] = "Untick all",
	[OTEXT_BULK_RELEASE] = "Deliver ticked messages",
	[OTEXT_BULK_DISCARD] = "Delete ticked messages",
	[OTEXT_FROM_NOBODY] = "Sender not given",
	[OTEXT_NO_SUBJECT] = "(no subject)",
	[OTEXT_ARRIVED] = "Arrived on {}",
	[OTEXT_UNTIL] = "Kept until {}",
	[OTEXT_PAGES] = "Pages",
	[OTEXT_PAGE_OF] = "Page {}",
	[OTEXT_NEWER] = "Newer",
	[OTEXT_OLDER] = "Older",
	[OTEXT_RELEASE] = "Deliver to my mailbox",
	[OTEXT_RELEASE_DOES] =
	    "You receive this one message. Later ones of the same sender "
	    "are filtered as before. The filter learns that this message "
	    "was wanted.",
	[OTEXT_ACCEPT] = "Deliver and accept the sender",
	[OTEXT_ACCEPT_DOES] =
	    "You receive this message, and later ones of this sender come "
	    "straight to you (but for malware or phishing).",
	[OTEXT_ACCEPT_UNPROVEN] =
	    "The address is not verified: only messages that come the same "
	    "way (same address, same network) will come straight to you.",
	[OTEXT_DISCARD] = "Delete",
	[OTEXT_DISCARD_DOES] =
	    "The message goes to the bin, from where you can take it back "
	    "{}. Its sender is not told and may write again.",
	[OTEXT_SPAM] = "This is junk",
	[OTEXT_SPAM_DOES] =
	    "Like “Delete”, and the filter learns to recognise such "
	    "messages.",
	[OTEXT_REFUSE] = "Refuse the sender",
	[OTEXT_REFUSE_DOES] =
	    "All the sender’s held messages go to the bin, the filter "
	    "learns that they were junk, and later ones will be refused on "
	    "arrival. You can undo this.",
	[OTEXT_REFUSE_UNPROVEN] =
	    "The address is not verified and may be someone else’s: only "
	    "messages that come the same way (same address, same network) "
	    "will be refused.",
	[OTEXT_UNDO] = "Undo",
	[OTEXT_UNDO_ACCEPT] = "Accept no more",
	[OTEXT_TAKE_BACK] = "Take back",
	[OTEXT_DID_RELEASE] =
	    "On its way: “{}” arrives in your mailbox in a moment.",
	[OTEXT_DID_ACCEPT] =
	    "On its way: “{}” arrives in your mailbox, and its sender is "
	    "accepted from now on.",
	[OTEXT_DID_DISCARD] = "Moved to the bin: “{}”.",
	[OTEXT_DID_SPAM] =
	    "Moved to the bin: “{}”. The filter will learn from it.",
	[OTEXT_DID_REFUSE] =
	    "Sender refused, and all held messages are in the bin: “{}”.",
	[OTEXT_DID_UNDO] = "Held again: “{}”.",
	[OTEXT_DID_ONE_RELEASE] =
	    "1 message arrives in your mailbox in a moment.",
	[OTEXT_DID_ONE_DISCARD] = "1 message moved to the bin.",
	[OTEXT_DID_MANY_RELEASE] =
	    "{} messages arrive in your mailbox in a moment.",
	[OTEXT_DID_MANY_DISCARD] = "{} messages moved to the bin.",
	[OTEXT_DID_NOTHING] = "Nothing was ticked: nothing has changed.",
	[OTEXT_DID_ALREADY] = "That was done already.",
	[OTEXT_DID_OVER] =
	    "No longer possible: the message was delivered or deleted, or "
	    "its time is over.",
	[OTEXT_DID_IMPOSSIBLE] = "Not possible for this message.",
	[OTEXT_DID_OLD_PAGE] =
	    "This page had been open for too long: nothing was done. "
	    "Please try again.",
	[OTEXT_DID_SAVED] = "Saved.",
	[OTEXT_DID_ALLOW] = "Accepted: {}.",
	[OTEXT_DID_BLOCK] = "Refused: {}.",
	[OTEXT_DID_FORGET] = "Removed from the list: {}.",
	[OTEXT_DID_EXPECT] =
	    "The next message from {} will come straight to you.",
	[OTEXT_DID_EXPECT_END] = "{} is no longer expected.",
	[OTEXT_BIN_LEAD] =
	    "What you deleted or refused can be taken back {}. After that "
	    "it is destroyed.",
	[OTEXT_BIN_EMPTY] = "The bin is empty.",
	[OTEXT_BIN_UNTIL] = "Destroyed on {}",
	[OTEXT_WITHIN_HOURS] = "for {} hours",
	[OTEXT_WITHIN_DAYS] = "for {} days",
	[OTEXT_ITEM_FROM] = "From",
	[OTEXT_ITEM_PROOF] = "Verification",
	[OTEXT_ITEM_TO] = "Written to",
	[OTEXT_ITEM_SUBJECT] = "Subject",
	[OTEXT_ITEM_ARRIVED] = "Arrived",
	[OTEXT_ITEM_WHY] = "Why it is held",
	[OTEXT_ITEM_THEN] = "If you do nothing",
	[OTEXT_ITEM_SIZE] = "Size",
	[OTEXT_ITEM_ACTS] = "What to do with this message?",
	[OTEXT_THEN_ASKED] =
	    "If confirmed, you receive this message. If not it is "
	    "destroyed on {}, and the sender is told.",
	[OTEXT_THEN_GONE] =
	    "It is destroyed on {}, and the sender is not told.",
	[OTEXT_PREVIEW] = "Preview",
	[OTEXT_PREVIEW_NOTE] =
	    "Text only: no image, no live link, no attachment opened. "
	    "Looking at this preview does not tell the sender.",
	[OTEXT_PREVIEW_NONE] = "This message has no text.",
	[OTEXT_PREVIEW_CUT] = "The rest is not shown.",
	[OTEXT_PREVIEW_AWAY] =
	    "The preview is not available: the message is kept on another "
	    "server, or was just delivered.",
	[OTEXT_PREVIEW_VIRUS] =
	    "Its content is not shown. If it seems legitimate to you, ask "
	    "the administrator of the mail service, who alone can deliver "
	    "it.",
	[OTEXT_PARTS] = "Attachments",
	[OTEXT_PART_NO_NAME] = "no name",
	[OTEXT_PART_DANGER] = "dangerous type",
	[OTEXT_PART_MACRO] = "contains macros",
	[OTEXT_PART_LOCKED] = "encrypted, not examined",
	[OTEXT_PART_MORE] = "and others, not shown",
	[OTEXT_ST_GOING] = "Being delivered…",
	[OTEXT_ST_REFUSED] =
	    "The last delivery was refused by your server: {}",
	[OTEXT_ST_GAVE_UP] = "Delivery failed for too long: {}",
	[OTEXT_ST_BOUNCED] = "Delivered, then it came back: {}",
	[OTEXT_ST_LOST] = "Its content can no longer be read.",
	[OTEXT_PROOF_YES] = "address verified",
	[OTEXT_PROOF_PATH] = "sending verified, but not the author shown",
	[OTEXT_PROOF_NO] = "address not verified",
	[OTEXT_PROOF_FORGED] = "address probably forged",
	[OTEXT_PROOF_LATER] = "could not be verified on arrival",
	[OTEXT_WHY_ASKED] =
	    "First message of this sender, who was asked to confirm it.",
	[OTEXT_WHY_CONTACT] = "First message of this sender.",
	[OTEXT_WHY_SPAM] = "Looks like junk mail.",
	[OTEXT_WHY_SPOOF] =
	    "Claims an address that is probably not its own.",
	[OTEXT_WHY_AUTOMATIC] = "Automatic message: list, notice, receipt…",
	[OTEXT_WHY_BOUNCE] =
	    "Bounce of a message that you did not send from here.",
	[OTEXT_WHY_UNDECIDED] = "Could not be verified on arrival.",
	[OTEXT_WHY_VIRUS] =
	    "Contains malware: only the administrator can deliver it.",
	[OTEXT_WHY_SUSPENDED] = "Arrived while the mailbox was suspended.",
	[OTEXT_WHY_LIMIT] =
	    "Arrived beyond the limit of messages of the mailbox.",
	[OTEXT_WHY_OTHER] = "Held as a precaution.",
	[OTEXT_SENDERS_LEAD] =
	    "Those whose messages come straight to you, and those who are "
	    "refused.",
	[OTEXT_SENDERS_ALLOWED] = "Accepted",
	[OTEXT_SENDERS_BLOCKED] = "Refused",
	[OTEXT_SENDERS_NO_ALLOWED] =
	    "Nobody is accepted yet. People whom you write to are accepted "
	    "by themselves.",
	[OTEXT_SENDERS_NO_BLOCKED] = "Nobody is refused.",
	[OTEXT_SENDERS_SEARCH] = "Search an address or domain",
	[OTEXT_SENDERS_FOUND_NONE] = "No sender matches.",
	[OTEXT_SENDERS_DOMAIN] = "all of the domain {}",
	[OTEXT_SENDERS_AS_HE_CAME] = "not verified, from the network {}",
	[OTEXT_SENDERS_ADD] = "Add",
	[OTEXT_SENDERS_ADD_LABEL] = "Address, or a whole domain",
	[OTEXT_SENDERS_ADD_HINT] =
	    "For example: jean@example.org, or example.org",
	[OTEXT_SENDERS_ADD_BAD] = "This is neither an address nor a domain.",
	[OTEXT_SENDERS_ALLOW] = "Accept",
	[OTEXT_SENDERS_BLOCK] = "Refuse",
	[OTEXT_SENDERS_REMOVE] = "Remove",
	[OTEXT_SENDERS_REMOVE_OF] = "Remove {} from the list",
	[OTEXT_SENDERS_PROOF_NOTE] =
	    "“Accept” counts only for senders who prove their address: a "
	    "forger who imitates it is still filtered.",
	[OTEXT_SENDERS_WHOLE] =
	    "set for all your domain by the administrator",
	[OTEXT_ORIGIN_OWNER] = "added by hand",
	[OTEXT_ORIGIN_BY] = "added by {}",
	[OTEXT_ORIGIN_SENT] = "you wrote to them",
	[OTEXT_ORIGIN_SEED] = "imported from an address book",
	[OTEXT_ORIGIN_PAGE] = "confirmed their first message",
	[OTEXT_ORIGIN_OTHER] = "accepted by the filter",
	[OTEXT_ORIGIN_SINCE] = "since {}",
	[OTEXT_ORIGIN_UNTIL] = "until {}",
	[OTEXT_IMPORT] = "Import an address book",
	[OTEXT_IMPORT_LABEL] = "File",
	[OTEXT_IMPORT_HINT] =
	    "An export of your mail program: CSV or vCard, or a plain list "
	    "with an address a line. At most 512 kB. Refused senders stay "
	    "refused.",
	[OTEXT_IMPORT_BUTTON] = "Import",
	[OTEXT_IMPORT_BAD] =
	    "This file cannot be read: choose a CSV or vCard file, or a "
	    "list of addresses.",
	[OTEXT_IMPORT_NONE] = "Choose a file first.",
	[OTEXT_IMPORT_DONE] = "Addresses added to the accepted senders: {}.",
	[OTEXT_IMPORT_KNOWN] = "Accepted already, or refused: {}.",
	[OTEXT_IMPORT_LEFT] =
	    "Left out (addresses of your domains, or automatic ones): {}.",
	[OTEXT_SENDERS_FULL] =
	    "Your lists hold 20,000 senders already, which is the most. "
	    "Remove some before you add others.",
	[OTEXT_IMPORT_CUT] =
	    "The file has more: only the first 5,000 were read.",
	[OTEXT_EXPECT_LEAD] =
	    "A login code, a file that an office is to send you? Announce "
	    "it: the next message comes to you at once.",
	[OTEXT_EXPECT_LABEL] = "Domain of the sender",
	[OTEXT_EXPECT_HINT] =
	    "What follows the @ of the address, for example: example.org",
	[OTEXT_EXPECT_BAD] =
	    "This does not look like a domain. Write what follows the @ of "
	    "the address.",
	[OTEXT_EXPECT_FULL] =
	    "You expect messages of 50 domains already, which is the most. "
	    "Stop expecting one before you add another.",
	[OTEXT_EXPECT_FOR] = "For",
	[OTEXT_EXPECT_15] = "15 minutes",
	[OTEXT_EXPECT_60] = "1 hour",
	[OTEXT_EXPECT_1440] = "1 day",
	[OTEXT_EXPECT_10080] = "7 days",
	[OTEXT_EXPECT_BUTTON] = "Expect this message",
	[OTEXT_EXPECT_NOTE] =
	    "One message only, of a sender who proves the address.",
	[OTEXT_EXPECT_LIST] = "Expected now",
	[OTEXT_EXPECT_NONE] = "No message is expected.",
	[OTEXT_EXPECT_UNTIL] = "until {}",
	[OTEXT_EXPECT_END] = "Expect no more",
	[OTEXT_EXPECT_END_OF] = "Expect no more: {}",
	[OTEXT_HISTORY_LEAD] =
	    "Who did what on this page, in the last six months.",
	[OTEXT_HISTORY_NONE] = "Nothing was done yet.",
	[OTEXT_HISTORY_MORE] = "Older",
	[OTEXT_HISTORY_BY_BOX] = "by the mailbox itself",
	[OTEXT_HISTORY_BY] = "by {}",
	[OTEXT_H_ENTER] = "Page opened",
	[OTEXT_H_RELEASE] = "Delivered",
	[OTEXT_H_ACCEPT] = "Delivered, sender accepted",
	[OTEXT_H_DISCARD] = "Deleted",
	[OTEXT_H_SPAM] = "Deleted, reported as junk",
	[OTEXT_H_REFUSE] = "Sender refused",
	[OTEXT_H_UNDO] = "Taken back from the bin",
	[OTEXT_H_ALLOW] = "Sender accepted",
	[OTEXT_H_BLOCK] = "Sender refused",
	[OTEXT_H_FORGET] = "Removed from the list",
	[OTEXT_H_IMPORT] = "Addresses imported",
	[OTEXT_H_EXPECT] = "Message expected",
	[OTEXT_H_EXPECT_END] = "No longer expected",
	[OTEXT_H_SETTING] = "Setting changed",
	[OTEXT_H_REVOKE] = "Sessions closed and links revoked",
	[OTEXT_SET_DIGEST] = "Digest by mail",
	[OTEXT_SET_DIGEST_HELP] =
	    "The list of what is held, sent only if there is something new.",
	[OTEXT_SET_DAYS] = "Days",
	[OTEXT_SET_DAYS_OFF] = "Never",
	[OTEXT_SET_DAYS_DAILY] = "Every day",
	[OTEXT_SET_DAYS_WEEK] = "Monday to Friday",
	[OTEXT_SET_DAYS_MONDAY] = "Once a week, on Monday",
	[OTEXT_SET_DAYS_OTHER] = "{} (as now)",
	[OTEXT_SET_HOUR] = "Hour",
	[OTEXT_SET_HOUR2] = "Second hour",
	[OTEXT_SET_HOUR_NONE] = "None",
	[OTEXT_SET_HOUR_SAME] = "Unchanged",
	[OTEXT_SET_HOUR_AT] = "{}:00",
	[OTEXT_SET_DIGEST_OFF] =
	    "Without a digest, messages that are only doubtful are "
	    "delivered with a mark. If your address has the Challenge "
	    "option, a weekly digest is still sent.",
	[OTEXT_SET_LANG] = "Language of your mails and of this page",
	[OTEXT_SET_LANG_FR] = "Français",
	[OTEXT_SET_LANG_EN] = "English",
	[OTEXT_SET_AUTO] = "Automatic messages (lists, notices, receipts)",
	[OTEXT_SET_AUTO_HOLD] = "Keep them among the held messages",
	[OTEXT_SET_AUTO_SCORE] = "Deliver them, unless they look like junk",
	[OTEXT_SET_CHALLENGE] = "Challenge option",
	[OTEXT_SET_CHALLENGE_NOT] =
	    "Your address does not have this option: strangers are not "
	    "asked. The administrator of your organisation can order it.",
	[OTEXT_SET_CHALLENGE_TRIAL] =
	    "The option is on trial for your address: nothing is held for "
	    "it. The administrator can switch it on.",
	[OTEXT_SET_CHALLENGE_FIRST] = "Ask every unknown sender to confirm",
	[OTEXT_SET_CHALLENGE_DOUBT] = "Only if the message is doubtful",
	[OTEXT_SET_CHALLENGE_ONLY] =
	    "An unknown sender is asked to confirm only if the message is "
	    "doubtful. Your administrator can widen the option to all "
	    "unknown senders.",
	[OTEXT_SET_CHALLENGE_PROTECTED] =
	    "Your address is a protected public address: strangers always "
	    "come to you, with a mark.",
	[OTEXT_SET_SAVE] = "Save",
	[OTEXT_SET_BAD] = "This setting could not be saved: {}",
	[OTEXT_SET_SESSIONS] = "Security",
	[OTEXT_SET_SESSIONS_HELP] =
	    "A link forwarded by mistake, a shared computer? Close "
	    "everything: everybody will have to ask for a new link.",
	[OTEXT_SET_REVOKE] = "Close all sessions and revoke all links",
	[OTEXT_SET_SHARED] = "People who share this mailbox",
	[OTEXT_SET_SHARED_HELP] =
	    "Each has a link of their own. The administrator keeps this "
	    "list.",
	[OTEXT_PLAN_TITLE] = "My digest",
	[OTEXT_PLAN_LEAD] =
	    "When do you want to receive the list of messages held for {}?",
	[OTEXT_PLAN_STOP] = "Receive no more digests",
	[OTEXT_PLAN_STOPPED] =
	    "Noted: you will receive no more digests. If one a week "
	    "remains, it is because of the Challenge option of your "
	    "address.",
};
