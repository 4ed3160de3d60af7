/*
 * The routine of benchmarks/model.py, written by hand for SPIN: the same steps, hence the same states.
 *
 * spin -a -DVMAS=2 -DPAGES=8 unmap.pml        four callers, as in cases A and B
 *
 * Every label, and the beginning, is a point of control, every option of its `if` one step. Locals are cleared where they
 * are no longer read, and no process ever ends, because SPIN would count both.
 */
#define RESTART 8
#define whole(v) (mapped[v] & (((1 << high) - 1) & ~((1 << low) - 1)))
#if VMAS == 2
#define anything_mapped (whole(0) || whole(1))
#else
#define anything_mapped (whole(0) || whole(1) || whole(2))
#endif

#define resumes (mark[at] >= RESTART && mark[at] - RESTART > low)
#define nothing_left (resumes && mark[at] - RESTART >= high)

byte lock, count, mark[VMAS];
byte mapped[VMAS] = (1 << PAGES) - 1;

inline unmap(low, high)
{
	if
	:: d_step { !lock -> lock = 1; count++; mine = count }; goto look
	fi;
look:	if
	:: d_step { at == VMAS -> assert(!anything_mapped); lock = 0; at = 0; mine = 0 }; goto done
	:: d_step { at < VMAS && mark[at] == mine -> at++ }; goto look
	:: d_step { at < VMAS && mark[at] != mine && nothing_left -> mark[at] = mine; at++ }; goto look
	:: d_step { at < VMAS && mark[at] != mine && resumes && !nothing_left -> page = mark[at] - RESTART };
	   goto zap
	:: d_step { at < VMAS && mark[at] != mine && !resumes -> page = low }; goto zap
	fi;
zap:	if
	:: d_step { page + 1 < high ->
		mapped[at] = mapped[at] & ~(1 << page); page++; mark[at] = RESTART + page }; goto zap
	:: d_step { page + 1 >= high ->
		mapped[at] = mapped[at] & ~(1 << page); page = 0; mark[at] = mine; at++ }; goto look
	:: d_step { page + 1 < high ->
		mapped[at] = mapped[at] & ~(1 << page); mark[at] = RESTART + page + 1; page = 0; at = 0 };
	   goto drop
	:: d_step { page + 1 >= high ->
		mapped[at] = mapped[at] & ~(1 << page); mark[at] = mine; page = 0; at = 0 }; goto drop
	fi;
drop:	if
	:: d_step { lock = 0 }; goto retake
	fi;
retake:	if
	:: d_step { !lock -> lock = 1 }; goto look
	fi;
done:
end:	false
}

active proctype unmap_0() { byte at, page, mine; unmap(0, PAGES) }
active proctype unmap_1() { byte at, page, mine; unmap(1, PAGES) }
active proctype unmap_2() { byte at, page, mine; unmap(0, PAGES - 1) }
active proctype unmap_3() { byte at, page, mine; unmap(1, PAGES - 1) }
