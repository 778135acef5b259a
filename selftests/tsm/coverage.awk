#!/usr/bin/awk -f
# SPDX-License-Identifier: GPL-2.0-only
#
# Read what `gcov -b' says of each file, print it as TAP comments, and fail
# if fewer than `floor' percent of all lines were run.

/^File / {
	file = $2
	gsub("'(../)*", "", file)
	wanted = file ~ /^cove\/tsm\/core\/[^\/]*\.[ch]$/
}

# The last of a file; what comes without a file is about all of them.
/^(Calls executed|No calls)/ {
	wanted = 0
}

# "Lines executed:97.37% of 38"
wanted && /^Lines executed/ {
	split($2, part, /[:%]/)
	percent[file] = part[2]
	of[file] = $4
}

wanted && /^Taken at least once/ {
	split($4, part, /[:%]/)
	taken[file] = part[2]
	branches[file] = $6
}

END {
	for (file in of) {
		printf "# %-32s %6.2f %% of %4d lines, %6.2f %% of %4d branches\n",
			file, percent[file], of[file], taken[file], branches[file] | "sort"
		lines += of[file]
		run += percent[file] * of[file]
		all += branches[file]
		went += taken[file] * branches[file]
	}
	close("sort")
	if (!lines)
		exit 1
	printf "# %-32s %6.2f %% of %4d lines, %6.2f %% of %4d branches\n",
		"all of them", run / lines, lines, all ? went / all : 0, all
	exit run / lines < floor
}
