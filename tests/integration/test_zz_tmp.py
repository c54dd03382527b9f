import threading, time
from tests.integration.test_sim_imports import *  # noqa
from tests.integration import sim_system as S
from datetime import UTC, datetime
def test_big(system):
    c = system.new_customer() if hasattr(system,'new_customer') else system.customer()
    serials = c.new_sims(1000)
    rows=[]; n=0; i=0
    while n < 8_200_000:
        r=f"rec-{i:09d},{serials[i%1000]},2026-11-{1+i%18:02d}T{i%24:02d}:{i%60:02d}:00+09:00,{i%9999}"
        rows.append(r); n+=len(r)+1; i+=1
    print(len(rows), "rows")
    lat=[]; stop=threading.Event()
    def poll():
        while not stop.is_set():
            t=time.monotonic()
            try: c.call("get_sim", sim_serial=serials[0])
            except Exception as e: print("ERR", e)
            lat.append((time.monotonic()-t)); time.sleep(0.01)
    th=threading.Thread(target=poll); th.start()
    for mode in ("validate","apply"):
        t=time.monotonic(); 
        try:
            rep=system.client.call("sim.import_csv", timeout=170, context=system.context(S.STAFF_ROLES,None,"staff") if hasattr(system,'context') else None, sealed=("text",), kind="usage", mode=mode, text=S.USAGE_COLUMNS+"\n"+"\n".join(rows))
            print(mode, {k:v for k,v in rep.items() if k!='errors'}, time.monotonic()-t)
        except Exception as e: print(mode, repr(e), time.monotonic()-t)
        print("max", max(lat), "n", len(lat), sorted(lat)[-5:]); lat.clear()
    stop.set(); th.join()
    assert 0
