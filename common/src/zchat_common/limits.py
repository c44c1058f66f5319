"""Numbers that both ends must agree on, each with its reason. Units stand last in the name."""

PROTOCOL_VERSION = 1

NAME_MAX_CHARS = 32
TEXT_MAX_CHARS = 4_000
# The reason of /away stands in everybody's roster.
AWAY_MAX_CHARS = 200

# A text of 4,000 characters takes at most 16,000 bytes in UTF-8; a sealed and padded whisper of it stays below this.
BODY_MAX_BYTES = 24 * 1024
# One command with its largest body and every other field. A longer frame never is one of ours.
COMMAND_MAX_BYTES = 32 * 1024
# Plain bytes in one published frame. Times the publisher's high-water mark this bounds memory per slow reader.
FRAME_MAX_BYTES = 64 * 1024
# Prefixes by which readers subscribe: the longest topic there can be, with its NUL.
SUBSCRIPTION_MAX_BYTES = 256
# Such a frame as it is on the wire: its topic before it, and key number, counter and tag.
SEALED_FRAME_MAX_BYTES = FRAME_MAX_BYTES + SUBSCRIPTION_MAX_BYTES + 32
# A message down the commands link. All but the roster stay below 2 MiB; that has room for 16,000 users with the longest
# names and reasons of being away, and for hundreds of thousands of usual ones.
REPLY_MAX_BYTES = 16 * 1024 * 1024

# Answers kept per command numbering; twice what may be in flight, so that each answer that can be asked again is there.
IN_FLIGHT_MAX = 128
ANSWERS_KEPT = 256

HISTORY_PAGE_MAX = 200
# A page also stays below this many bytes (but holds at least one message), so that one answer never stalls the link. On
# a slow link a client asks for fewer messages at once.
HISTORY_PAGE_MAX_BYTES = 256 * 1024
NEWCOMER_HISTORY = 50

BEAT_S = 3.0
# No frame at all on the topics link for this long: both sockets are built anew.
LINK_SILENCE_S = 8.0
# No command and no ping for this long: the session ends.
SESSION_SILENCE_S = 15.0
INVITATION_S = 600.0
# Members of a party and those invited to it, together. Each message about a party names its members: of so many, with
# the longest names, it takes half of a frame.
PARTY_PLACES_MAX = 256
# Open at once for one user. What he is told when he registers names the members of each party: at most a megabyte then.
OPEN_INVITATIONS_MAX = 32
NUMBERING_KEPT_S = 7 * 24 * 3600.0
# What a former member has not been shown of his party is kept for him so long.
TAIL_KEPT_S = 7 * 24 * 3600.0
# Longer than any broker lives, and its milliseconds stay far below 64 bits.
RESTRAINT_MAX_S = 100 * 365 * 24 * 3600
# So many bans and mutes in one answer, the newest of them.
RESTRAINTS_SHOWN = 500

# ZeroMQ's CURVE adds 33 bytes to each frame, and MAXMSGSIZE counts them (design fact F3).
CURVE_OVERHEAD_BYTES = 64
